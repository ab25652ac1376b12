"""Losses in the feature space of a frozen ImageNet network: VGG perceptual loss and LPIPS 0.1.

The networks' weights come from safetensors files with torchvision's names (`features.0.weight`).
A short table of operations drives the layers, so torchvision itself is not needed.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STANDARD_DEVIATION = (0.229, 0.224, 0.225)

# The scaling layer of the `lpips` package, which maps images in -1...1 to ImageNet's normalisation.
LPIPS_SHIFT = (-0.030, -0.088, -0.188)
LPIPS_SCALE = (0.458, 0.448, 0.450)
LPIPS_EPSILON = 1e-10

# Operation of each torchvision `features` index; kernel sizes come from the weights.
# ("conv", stride, padding) | ("relu",) | ("pool", size, stride, ceil) | ("fire",)
_CONV3 = ("conv", 1, 1)
_RELU = ("relu",)
_VGG_POOL = ("pool", 2, 2, False)
_ODD_POOL = ("pool", 3, 2, False)
_CEIL_POOL = ("pool", 3, 2, True)
_FIRE = ("fire",)
LAYERS = {
    "vgg16": (
        *(_CONV3, _RELU) * 2, _VGG_POOL,
        *(_CONV3, _RELU) * 2, _VGG_POOL,
        *(_CONV3, _RELU) * 3, _VGG_POOL,
        *(_CONV3, _RELU) * 3, _VGG_POOL,
        *(_CONV3, _RELU) * 3,
    ),
    "alexnet": (
        ("conv", 4, 2), _RELU, _ODD_POOL,
        ("conv", 1, 2), _RELU, _ODD_POOL,
        *(_CONV3, _RELU) * 3,
    ),
    "squeezenet1_1": (
        ("conv", 2, 0), _RELU, _CEIL_POOL, _FIRE, _FIRE, _CEIL_POOL,
        _FIRE, _FIRE, _CEIL_POOL, _FIRE, _FIRE, _FIRE, _FIRE,
    ),
}  # fmt: skip

# Trunk, and the `features` indices whose outputs LPIPS compares.
LPIPS_NETWORKS = {
    "vgg": ("vgg16", (3, 8, 15, 22, 29)),
    "alex": ("alexnet", (1, 4, 7, 9, 11)),
    "squeeze": ("squeezenet1_1", (1, 4, 7, 9, 10, 11, 12)),
}
VGG_LOSS_INDICES = (3, 8, 15)


class MissingWeights(Exception):
    """There is no file of the weights that a loss needs."""


def trunk_file(weights_directory: Path, trunk: str) -> Path:
    """The trunk's weight file: torchvision's own if it is there, else the Caffe-trained one."""
    names = [f"{trunk}-torchvision-features", f"{trunk}-caffe-features"]
    for name in names:
        path = weights_directory / f"{name}.safetensors"
        if path.exists():
            return path
    raise MissingWeights(
        f"{weights_directory} has no {' or '.join(n + '.safetensors' for n in names)}; "
        "fetch it with scripts/fetch-weights, or name its folder with --weights-dir"
    )


def _normalise(x: Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    shape = (1, 3, 1, 1)
    return (x - x.new_tensor(mean).view(shape)) / x.new_tensor(deviation).view(shape)


class Features(nn.Module):
    """The outputs of a frozen trunk at the `features` indices `taps`. Stops after the last one."""

    def __init__(self, trunk: str, path: Path, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = LAYERS[trunk][: taps[-1] + 1]
        self.taps = taps
        for name, value in load_file(path).items():
            if int(name.split(".")[1]) <= taps[-1]:
                self.register_buffer(name.replace(".", "_"), value, persistent=False)

    def _convolve(self, x: Tensor, name: str, stride: int = 1, padding: int = 0) -> Tensor:
        weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
        return F.conv2d(x, weight, bias, stride=stride, padding=padding)

    def forward(self, x: Tensor) -> list[Tensor]:
        outputs = []
        for index, (kind, *options) in enumerate(self.layers):
            name = f"features_{index}"
            if kind == "conv":
                x = self._convolve(x, name, *options)
            elif kind == "relu":
                x = F.relu(x)
            elif kind == "pool":
                size, stride, ceil = options
                x = F.max_pool2d(x, size, stride, ceil_mode=ceil)
            else:
                x = F.relu(self._convolve(x, f"{name}_squeeze"))
                wide = self._convolve(x, f"{name}_expand3x3", padding=1)
                x = torch.cat([F.relu(self._convolve(x, f"{name}_expand1x1")), F.relu(wide)], 1)
            if index in self.taps:
                outputs.append(x)
        return outputs


class VGGPerceptual(nn.Module):
    """Sum over relu1_2, relu2_2, relu3_3 of VGG16 of the mean squared difference.

    `input_mode` is `raw` (0...1, like the released code) or `imagenet` (normalised first).
    """

    def __init__(self, weights_directory: Path, input_mode: str = "raw") -> None:
        super().__init__()
        self.input_mode = input_mode
        path = trunk_file(weights_directory, "vgg16")
        self.features = Features("vgg16", path, VGG_LOSS_INDICES)

    def _prepare(self, x: Tensor) -> Tensor:
        if self.input_mode == "raw":
            return x
        return _normalise(x, IMAGENET_MEAN, IMAGENET_STANDARD_DEVIATION)

    def forward(self, super_res: Tensor, high_res: Tensor) -> Tensor:
        with torch.no_grad():
            target = self.features(self._prepare(high_res))
        pairs = zip(self.features(self._prepare(super_res)), target, strict=True)
        return torch.stack([F.mse_loss(a, b) for a, b in pairs]).sum()


class LPIPS(nn.Module):
    """Learned perceptual image patch similarity, version 0.1 (Zhang et al., 2018), batch mean.

    `input_mode` is `raw` (0...1, like the released code) or `symmetric` (2x - 1, as the `lpips`
    package documents). With `linear` the package's learned 1x1 layers weight the channels; without
    it the channels are summed. The learned layers of `vgg` belong to torchvision's VGG16, so they
    are off over another trunk unless `linear` is True.
    """

    def __init__(
        self, network: str, weights_directory: Path, input_mode: str = "raw",
        linear: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        trunk, taps = LPIPS_NETWORKS[network]
        path = trunk_file(weights_directory, trunk)
        self.input_mode = input_mode
        self.features = Features(trunk, path, taps)
        self.linear = "torchvision" in path.name if linear is None else linear
        if self.linear:
            weights = load_file(weights_directory / f"lpips-v0.1-lin-{network}.safetensors")
            for layer in range(len(taps)):
                weight = weights[f"lin{layer}.model.1.weight"]
                self.register_buffer(f"lin{layer}", weight, persistent=False)

    def _prepare(self, x: Tensor) -> Tensor:
        if self.input_mode == "symmetric":
            x = 2 * x - 1
        return _normalise(x, LPIPS_SHIFT, LPIPS_SCALE)

    def _unit_features(self, x: Tensor) -> list[Tensor]:
        # If all channels are zero, the root's slope is infinite. Then every ReLU before the root is
        # off and masks the result.
        return [
            f / (f.square().sum(1, keepdim=True).sqrt() + LPIPS_EPSILON)
            for f in self.features(self._prepare(x))
        ]

    def forward(self, super_res: Tensor, high_res: Tensor) -> Tensor:
        with torch.no_grad():
            target = self._unit_features(high_res)
        total = super_res.new_zeros(())
        for layer, (a, b) in enumerate(zip(self._unit_features(super_res), target, strict=True)):
            difference = (a - b).square()
            if self.linear:
                total = total + F.conv2d(difference, getattr(self, f"lin{layer}")).mean()
            else:
                total = total + difference.sum(1).mean()
        return total
