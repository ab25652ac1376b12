"""Makes Tests/SRLossesTests/Fixtures/perceptual-losses.json: values and gradients of VGG loss and LPIPS.

There are two kinds of cases, all in float64:
- `faces`: crops of real photographs through the real networks. No picture is stored. A case has the file's name and the
  SHA-256 of the crop's bytes, so a test can tell whether it decodes the same pixels.
- `tiny`: a small network with every kind of layer and formula weights, on a formula image, for machines that lack the
  photographs or the networks.

If the `lpips` package can be imported, its values must agree with perceptual.py's, and the file names its version.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import sys
import types
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

import formulas
import perceptual
from loss_fixtures import formula_images, packed_gradient, write_fixture

# Number of pictures per configuration.
FACES = 2
# A picture is skipped if PyTorch's own float32 gradient is further from the float64 gradient than this (relative norm).
# In such a picture a ReLU or a maximum stands so near its edge that rounding errors decide which gradient comes out.
LARGEST_FLOAT32_ERROR = 1e-5
CROP = 128
CROP_ORIGIN = 192
# Coprime to the row length of 384, so every row, column and channel occurs.
GRADIENT_STEP = 241

# (loss, input, linear)
CONFIGURATIONS = [
    ("vgg", "raw", None),
    ("vgg", "imagenet", None),
    *[(f"lpips_{net}", mode, True) for net in ("vgg", "alex", "squeeze") for mode in ("raw", "symmetric")],
    ("lpips_vgg", "raw", False),
    ("lpips_alex", "symmetric", False),
]


def face_pair(path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """(superRes, highRes, SHA-256 of the crop).

    highRes is the crop. superRes is the mean of the crop and of a copy whose 4x4 blocks are each set to their mean. The
    copy alone would be flat within its blocks, and max pooling would choose among equal values by rounding errors.
    """
    picture = np.asarray(Image.open(path).convert("RGB"))
    crop = picture[CROP_ORIGIN : CROP_ORIGIN + CROP, CROP_ORIGIN : CROP_ORIGIN + CROP]
    sums = crop.reshape(CROP // 4, 4, CROP // 4, 4, 3).sum((1, 3), dtype=np.float32)
    blocks = (sums / np.float32(16 * 255)).repeat(4, 0).repeat(4, 1)
    high_res = crop.astype(np.float32) / np.float32(255)
    return (blocks + high_res) / 2, high_res, hashlib.sha256(crop.tobytes()).hexdigest()


def make_loss(name: str, mode: str, linear: bool | None, weights: Path) -> nn.Module:
    if name == "vgg":
        return perceptual.VGGPerceptual(weights, mode)
    return perceptual.LPIPS(name.removeprefix("lpips_"), weights, mode, linear)


def gradient_of(loss, super_res: np.ndarray, high_res: np.ndarray, dtype: torch.dtype) -> tuple[float, np.ndarray]:
    x, y = (torch.from_numpy(i).permute(2, 0, 1)[None].to(dtype) for i in (super_res, high_res))
    x = x.clone().requires_grad_()
    value = loss(x, y)
    value.backward()
    return value.item(), x.grad[0].permute(1, 2, 0).contiguous().double().numpy()


def evaluate(loss, super_res: np.ndarray, high_res: np.ndarray) -> dict:
    value, gradient = gradient_of(loss, super_res, high_res, torch.float64)
    return {"value": value, **packed_gradient(gradient, 1 if gradient.size < 5000 else GRADIENT_STEP)}


def face_cases(data: Path, name: str, mode: str, linear: bool | None) -> list[dict]:
    """Cases of the first pictures whose gradient is well defined in float32."""
    loss = make_loss(name, mode, linear, data / "weights")
    cases = []
    for file in sorted((data / "faces").glob("*.jpg")):
        super_res, high_res, digest = face_pair(file)
        _, single = gradient_of(loss.float(), super_res, high_res, torch.float32)
        _, double = gradient_of(loss.double(), super_res, high_res, torch.float64)
        error = np.linalg.norm(single - double) / np.linalg.norm(double)
        if error > LARGEST_FLOAT32_ERROR:
            continue
        case = {"file": file.name, "sha256": digest, "loss": name, "input": mode, "linear": linear}
        cases.append({**case, "float32GradientError": error, **evaluate(loss, super_res, high_res)})
        if len(cases) == FACES:
            return cases
    raise SystemExit(f"{data}/faces has too few pictures for {name} {mode}")


def packaged_lpips(net: str, weights: Path) -> nn.Module:
    """The `lpips` package's own module over our weight files, with a stand-in for torchvision, which it wraps."""

    class Fire(nn.Module):
        def __init__(self, tensors: dict[str, Tensor], name: str) -> None:
            super().__init__()
            self.tensors, self.name = tensors, name

        def forward(self, x: Tensor) -> Tensor:
            def convolve(x: Tensor, part: str, padding: int = 0) -> Tensor:
                weight, bias = (self.tensors[f"{self.name}.{part}.{kind}"] for kind in ("weight", "bias"))
                return F.relu(F.conv2d(x, weight.to(x), bias.to(x), padding=padding))

            x = convolve(x, "squeeze")
            return torch.cat([convolve(x, "expand1x1"), convolve(x, "expand3x3", 1)], 1)

    def trunk(name: str):
        def make(pretrained: bool = False):
            tensors = load_file(perceptual.trunk_file(weights, name))
            modules: list[nn.Module] = []
            for index, (kind, *options) in enumerate(perceptual.LAYERS[name]):
                if kind == "conv":
                    weight = tensors[f"features.{index}.weight"]
                    module = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], *options)
                    module.load_state_dict({k: tensors[f"features.{index}.{k}"] for k in ("weight", "bias")})
                elif kind == "relu":
                    module = nn.ReLU()
                elif kind == "pool":
                    size, stride, ceil = options
                    module = nn.MaxPool2d(size, stride, ceil_mode=ceil)
                else:
                    module = Fire(tensors, f"features.{index}")
                modules.append(module)
            return types.SimpleNamespace(features=nn.Sequential(*modules))

        return make

    models = types.ModuleType("torchvision.models")
    for name in perceptual.LAYERS:
        setattr(models, name, trunk(name))
    torchvision = types.ModuleType("torchvision")
    torchvision.models = models
    sys.modules.update({"torchvision": torchvision, "torchvision.models": models})
    import lpips

    return lpips.LPIPS(net=net, version="0.1", verbose=False).double()


def check_against_package(faces: Path, weights: Path) -> str:
    super_res, high_res, _ = face_pair(min(faces.glob("*.jpg")))
    x, y = (torch.from_numpy(i).permute(2, 0, 1)[None].double() for i in (super_res, high_res))
    for net in perceptual.LPIPS_NETWORKS:
        package = packaged_lpips(net, weights)
        for mode in ("raw", "symmetric"):
            expected = package(x, y, normalize=mode == "symmetric").item()
            ours = perceptual.LPIPS(net, weights, mode, linear=True).double()(x, y).item()
            # The package keeps the constants of its scaling layer in float32.
            if abs(ours - expected) > 1e-6 * expected:
                raise SystemExit(f"lpips {net} {mode}: perceptual.py gives {ours}, the package gives {expected}")
    return importlib.metadata.version("lpips")


# The tiny network: Conv 5x5 stride 2 to 16, ReLU | max 3x3 stride 2 ceil, Fire to 2 x 16 | max 2x2 stride 2,
# Conv 3x3 to 32, ReLU. Features are taken at the end of each part.
TINY_SHAPES = {
    "features.0.weight": (16, 3, 5, 5),
    "features.0.bias": (16,),
    "features.3.squeeze.weight": (16, 16, 1, 1),
    "features.3.squeeze.bias": (16,),
    "features.3.expand1x1.weight": (16, 16, 1, 1),
    "features.3.expand1x1.bias": (16,),
    "features.3.expand3x3.weight": (16, 16, 3, 3),
    "features.3.expand3x3.bias": (16,),
    "features.5.weight": (32, 32, 3, 3),
    "features.5.bias": (32,),
}
TINY_CHANNELS = (16, 32, 32)


def tiny_features(x: Tensor) -> list[Tensor]:
    weights = {k: torch.from_numpy(v).to(x) for k, v in formulas.parameters(TINY_SHAPES).items()}

    def convolve(x: Tensor, name: str, **options) -> Tensor:
        return F.relu(F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **options))

    first = convolve(x, "features.0", stride=2, padding=2)
    squeezed = convolve(F.max_pool2d(first, 3, 2, ceil_mode=True), "features.3.squeeze")
    second = torch.cat(
        [convolve(squeezed, "features.3.expand1x1"), convolve(squeezed, "features.3.expand3x3", padding=1)], 1
    )
    return [first, second, convolve(F.max_pool2d(second, 2, 2), "features.5", padding=1)]


def tiny_lpips(x: Tensor, y: Tensor) -> Tensor:
    """LPIPS on raw input with linear weights |uniform|. Only the distance differs from tiny_vgg."""
    total = x.new_zeros(())
    pairs = zip(*(tiny_features(perceptual._normalise(i, perceptual.LPIPS_SHIFT, perceptual.LPIPS_SCALE)) for i in (x, y)))
    for tap, (a, b) in enumerate(pairs):
        a, b = (f / (f.square().sum(1, keepdim=True).sqrt() + 1e-10) for f in (a, b))
        linear = np.abs(formulas.uniform(f"lin{tap}.model.1.weight", TINY_CHANNELS[tap]))
        total = total + ((a - b).square() * torch.from_numpy(linear).to(x).view(1, -1, 1, 1)).sum(1).mean()
    return total


def tiny_vgg(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([F.mse_loss(a, b) for a, b in zip(tiny_features(x), tiny_features(y))]).sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared/data"
    parser.add_argument("--data", type=Path, default=default, help="folder with faces/ and weights/")
    data = parser.parse_args().data
    torch.set_num_threads(1)

    faces = [case for configuration in CONFIGURATIONS for case in face_cases(data, *configuration)]
    tiny = [
        {"loss": name, "height": 26, "width": 23, **evaluate(loss, *formula_images(26, 23))}
        for name, loss in (("vgg", tiny_vgg), ("lpips", tiny_lpips))
    ]
    try:
        checked = check_against_package(data / "faces", data / "weights")
    except ImportError as error:
        print(f"not checked against the lpips package: {error}", file=sys.stderr)
        checked = None
    write_fixture("perceptual-losses.json", {"lpips": checked, "faces": faces, "tiny": tiny})


if __name__ == "__main__":
    main()
