"""Makes Tests/SRLossesTests/Fixtures/pixel-losses.json: values and gradients of the pixel losses.

The image pair is a formula of whole numbers. Tests/SRLossesTests/FormulaImages.swift has the same formula, so both
sides have the same bits and no images are stored. Losses are computed in float64, as the reference, and in float32.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image


FIXTURES = Path(__file__).resolve().parents[2] / "Tests/SRLossesTests/Fixtures"


def noise(y, x, c, salt):
    """32 bits mixed from a pixel's position."""
    h = y * np.uint32(374761393) + x * np.uint32(668265263) + c * np.uint32(974634529) + np.uint32(salt)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(2246822519)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(3266489917)
    return h ^ (h >> np.uint32(16))


def formula_images(height, width):
    """(superRes, highRes), float32 HWC: slanted waves with noise. All values are multiples of 1/1024."""
    y, x, c = np.meshgrid(
        *(np.arange(n, dtype=np.uint32) for n in (height, width, 3)), indexing="ij")
    phase = (5 * x + 3 * y + 17 * c) % 64
    wave = np.where(phase < 32, phase, 63 - phase)
    high = 20 + 5 * wave + noise(y, x, c, 1) % 64
    low = noise(y, x, c, 2) % 128
    high_res = high.astype(np.float32) / 256
    super_res = high_res + (low.astype(np.float32) - 64) / 1024
    return super_res, high_res


def ssim(x, y, window):
    channels = x.shape[1]
    if window == "gaussian":
        g = torch.exp(-(torch.arange(11, dtype=x.dtype) - 5) ** 2 / (2 * 1.5**2))
        g = g / g.sum()
        kernel = torch.outer(g, g).expand(channels, 1, 11, 11).contiguous()
        mean = lambda t: F.conv2d(F.pad(t, (5, 5, 5, 5), mode="reflect"), kernel, groups=channels)
    else:
        mean = lambda t: F.avg_pool2d(t, 11, stride=1, padding=5)
    c1, c2 = 0.01**2, 0.03**2
    mx, my = mean(x), mean(y)
    vx, vy = mean(x * x) - mx * mx, mean(y * y) - my * my
    cov = mean(x * y) - mx * my
    return ((2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean()


def charbonnier(x, y):
    return torch.sqrt((x - y) ** 2 + 1e-6).mean()


def sobel_magnitude(image):
    gray = image.mean(dim=1, keepdim=True)
    kx = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype).view(1, 1, 3, 3)
    gx = F.conv2d(gray, kx, padding=1)
    gy = F.conv2d(gray, kx.transpose(2, 3), padding=1)
    return torch.sqrt(gx**2 + gy**2)


def ms_ssim(x, y):
    """Wang, Simoncelli, Bovik 2003, per channel, with as many of its scales as leave six pixels at the last one."""
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    count = 1
    while count < 5 and min(x.shape[2:]) >> count >= 6:
        count += 1
    if count < 5:
        weights = [w / sum(weights[:count]) for w in weights[:count]]
    g = torch.exp(-(torch.arange(11, dtype=x.dtype) - 5) ** 2 / (2 * 1.5**2))
    g = g / g.sum()
    kernel = torch.outer(g, g).expand(3, 1, 11, 11).contiguous()
    mean = lambda t: F.conv2d(F.pad(t, (5, 5, 5, 5), mode="reflect"), kernel, groups=3)
    c1, c2 = 0.01**2, 0.03**2
    product = 1
    for scale, weight in enumerate(weights):
        if scale > 0:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        mx, my = mean(x), mean(y)
        vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
        part = (2 * cov + c2) / (vx + vy + c2)
        if scale == count - 1:
            part = part * (2 * mx * my + c1) / (mx * mx + my * my + c1)
        product = product * part.mean(dim=(2, 3)).clamp(min=1e-4) ** weight
    return product.mean()


def scale_of(height, width):
    return next(s for s in (4, 2, 1) if height % s == 0 and width % s == 0)


def reduction(count, scale, dtype):
    """Pillow's bicubic weights as a matrix, from Pillow itself: resizing the columns of the identity in mode F."""
    identity = np.eye(count, dtype=np.float32)
    rows = [
        np.asarray(Image.fromarray(identity[:, i : i + 1]).resize((1, count // scale), Image.BICUBIC))[:, 0]
        for i in range(count)
    ]
    return torch.from_numpy(np.stack(rows, axis=1)).to(dtype)


def consistency(x, y):
    """The super-resolved image, reduced, against every scale-th pixel of the target as the low-resolution image."""
    height, width = x.shape[2:]
    scale = scale_of(height, width)
    rows, columns = reduction(height, scale, x.dtype), reduction(width, scale, x.dtype)
    return F.mse_loss(rows @ x @ columns.T, y[:, :, ::scale, ::scale])


LOSSES = {
    "mse": lambda x, y: F.mse_loss(x, y),
    "l1": lambda x, y: F.l1_loss(x, y),
    "charbonnier": charbonnier,
    "ssim": lambda x, y: 1 - ssim(x, y, "gaussian"),
    "ssim_box": lambda x, y: 1 - ssim(x, y, "box"),
    "ms_ssim": lambda x, y: 1 - ms_ssim(x, y),
    "consistency": consistency,
    "edge": lambda x, y: charbonnier(sobel_magnitude(x), sobel_magnitude(y)),
}


def evaluate(loss, super_res, high_res, dtype):
    x, y = (torch.from_numpy(i).permute(2, 0, 1)[None].to(dtype) for i in (super_res, high_res))
    x = x.clone().requires_grad_()
    value = loss(x, y)
    value.backward()
    return value.item(), x.grad[0].permute(1, 2, 0).contiguous().double().numpy()


def case(name, height, width, whole_gradient):
    super_res, high_res = formula_images(height, width)
    value, gradient = evaluate(LOSSES[name], super_res, high_res, torch.float64)
    single, _ = evaluate(LOSSES[name], super_res, high_res, torch.float32)
    return {
        "loss": name,
        "height": height,
        "width": width,
        "value": value,
        "valueFloat32": single,
        # Large gradients keep every 61st element. 61 and the row length are coprime, so every row, column and channel
        # occurs.
        **packed_gradient(gradient, 1 if whole_gradient else 61),
    }


def packed_gradient(gradient, step):
    """The norm, and every `step`-th element as little-endian float32 in base64."""
    elements = gradient.astype("<f4").ravel()[::step]
    return {
        "gradientNorm": float(np.linalg.norm(gradient)),
        "gradientStep": step,
        "gradient": base64.b64encode(elements.tobytes()).decode(),
    }


def write_fixture(name, contents):
    text = json.dumps({"torch": torch.__version__, "seed": "none: nothing is random", **contents}, indent=1)
    (FIXTURES / name).write_text(text + "\n")


def main():
    torch.set_num_threads(1)
    sizes = [(20, 23, True), (6, 11, True), (128, 128, False)]
    write_fixture("pixel-losses.json", {"cases": [case(name, *size) for size in sizes for name in LOSSES]})


if __name__ == "__main__":
    main()
