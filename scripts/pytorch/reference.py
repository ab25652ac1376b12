"""The paper's losses, metrics, presets and training step, with which srdist is compared.

Images are N x 3 x H x W in 0...1. Every loss is the batch mean of a per-image mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import perceptual

SSIM_WINDOW = 11
SSIM_SIGMA = 1.5
SSIM_C1 = 0.01**2
SSIM_C2 = 0.03**2
CHARBONNIER_EPSILON_SQUARED = 1e-6
PSNR_ERROR_FLOOR = 1e-10

PERCEPTUAL_TERMS = ("vgg", "lpips_vgg", "lpips_alex", "lpips_squeeze")


@dataclass(frozen=True)
class Preset:
    """The model and the loss of one of the paper's three runs."""

    model: str
    loss: str


PRESETS = {
    "vanilla": Preset("vanilla", "mse=1,ssim=0.1,vgg=0.1"),
    "attention": Preset("attention", "mse=1,ssim=0.1,vgg=0.1"),
    "hybrid": Preset("attention", "lpips_vgg=0.4,ssim_box=0.3,charbonnier=0.2,edge=0.1"),
}


def charbonnier(a: Tensor, b: Tensor) -> Tensor:
    """mean(sqrt((a - b)^2 + 1e-6))."""
    return ((a - b).square() + CHARBONNIER_EPSILON_SQUARED).sqrt().mean()


def _gaussian_mean(x: Tensor) -> Tensor:
    offsets = torch.arange(SSIM_WINDOW, dtype=x.dtype) - SSIM_WINDOW // 2
    line = torch.exp(-offsets.square() / (2 * SSIM_SIGMA**2))
    line = line / line.sum()
    window = torch.outer(line, line).expand(x.shape[1], 1, SSIM_WINDOW, SSIM_WINDOW)
    padded = F.pad(x, [SSIM_WINDOW // 2] * 4, mode="reflect")
    return F.conv2d(padded, window, groups=x.shape[1])


def _box_mean(x: Tensor) -> Tensor:
    # The mean counts the padding's zeros, like the released code.
    return F.avg_pool2d(x, SSIM_WINDOW, stride=1, padding=SSIM_WINDOW // 2)


def _similarity(a: Tensor, b: Tensor, local_mean: Callable[[Tensor], Tensor]) -> Tensor:
    mean_a, mean_b = local_mean(a), local_mean(b)
    variance_a = local_mean(a * a) - mean_a * mean_a
    variance_b = local_mean(b * b) - mean_b * mean_b
    covariance = local_mean(a * b) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + SSIM_C1) * (2 * covariance + SSIM_C2)
    denominator = (mean_a * mean_a + mean_b * mean_b + SSIM_C1) * (
        variance_a + variance_b + SSIM_C2
    )
    return (numerator / denominator).mean()


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity: Gaussian 11x11 window of sigma 1.5, reflected borders."""
    return _similarity(a, b, _gaussian_mean)


def ssim_box(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity: 11x11 box mean over zero-padded borders."""
    return _similarity(a, b, _box_mean)


def sobel_magnitude(x: Tensor) -> Tensor:
    """Sobel magnitude of the channels' mean. Its gradient is 0 where the magnitude is 0."""
    horizontal = x.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = torch.stack([horizontal, horizontal.T]).unsqueeze(1)
    slopes = F.conv2d(x.mean(1, keepdim=True), kernels, padding=1)
    squared = slopes.square().sum(1, keepdim=True)
    # The root's slope is infinite at zero. Take the root of 1 there, then discard it.
    flat = squared == 0
    return torch.where(flat, 0.0, torch.where(flat, 1.0, squared).sqrt())


def edge(a: Tensor, b: Tensor) -> Tensor:
    """Charbonnier distance of the Sobel magnitudes."""
    return charbonnier(sobel_magnitude(a), sobel_magnitude(b))


def psnr(a: Tensor, b: Tensor) -> Tensor:
    """Mean over images of 10 log10(1 / MSE), unclamped, MSE at least 1e-10."""
    error = (a - b).square().mean((1, 2, 3)).clamp_min(PSNR_ERROR_FLOOR)
    return (-10 * torch.log10(error)).mean()


PIXEL_TERMS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": F.mse_loss,
    "charbonnier": charbonnier,
    "ssim": lambda a, b: 1 - ssim(a, b),
    "ssim_box": lambda a, b: 1 - ssim_box(a, b),
    "edge": edge,
}


def parse_loss(text: str) -> dict[str, float]:
    """`mse=1,ssim=0.1` to weights by term name."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, separator, value = part.partition("=")
        if name not in PIXEL_TERMS and name not in PERCEPTUAL_TERMS:
            known = ", ".join((*PIXEL_TERMS, *PERCEPTUAL_TERMS))
            raise ValueError(f"loss {text!r}: there is no term {name!r}; the terms are {known}")
        if not separator or name in weights:
            raise ValueError(f"loss {text!r}: write each term once, in the form {name}=WEIGHT")
        weights[name] = float(value)
    return weights


class WeightedSum(nn.Module):
    """A weighted sum of loss terms. Loads the trunks that its perceptual terms need."""

    def __init__(self, text: str, weights_directory: Path | None = None) -> None:
        super().__init__()
        self.weights = parse_loss(text)
        self.networks = nn.ModuleDict()
        for name in self.weights:
            if name not in PERCEPTUAL_TERMS:
                continue
            if weights_directory is None:
                raise perceptual.MissingWeights(f"the loss term {name} needs --weights-dir")
            if name == "vgg":
                self.networks[name] = perceptual.VGGPerceptual(weights_directory)
            else:
                network = name.removeprefix("lpips_")
                self.networks[name] = perceptual.LPIPS(network, weights_directory)

    def forward(self, super_res: Tensor, high_res: Tensor) -> Tensor:
        total = super_res.new_zeros(())
        for name, weight in self.weights.items():
            term = PIXEL_TERMS[name] if name in PIXEL_TERMS else self.networks[name]
            total = total + weight * term(super_res, high_res)
        return total


def adam(model: nn.Module, learning_rate: float) -> torch.optim.Adam:
    """Adam as in the paper: betas 0.9 and 0.999, epsilon 1e-8, no weight decay."""
    return torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.999), eps=1e-8)


def training_step(
    model: nn.Module, criterion: nn.Module, optimizer: torch.optim.Optimizer,
    low_res: Tensor, high_res: Tensor,
) -> float:  # fmt: skip
    """Makes one update and returns the loss before it. The gradients stay in `.grad`."""
    optimizer.zero_grad(set_to_none=True)
    loss = criterion(model(low_res), high_res)
    loss.backward()
    optimizer.step()
    return loss.item()


def deterministic(threads: int) -> None:
    """Makes every run on one machine give the same bits."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
