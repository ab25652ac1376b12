"""SRResNet (Ledig et al., 2017) without batch normalisation, plain or with squeeze-and-excitation,
and SRVGGNetCompact of Real-ESRGAN (Wang et al., 2021).

The nesting of the modules gives `state_dict()` the names that srdist writes into its weight files
(`conv1.0.weight`, `res_blocks.0.attention.se.1.bias`, ...). A file moves both ways unchanged.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 64
BLOCKS = 16
REDUCTION = 16


MODELS = ("vanilla", "attention", "compact")


class SqueezeExcitation(nn.Module):
    """Scales each channel by a gate. The gates come from the channels' means (Hu et al., 2018)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.se = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.se(x)


class ResidualBlock(nn.Module):
    """Conv 3x3, PReLU, Conv 3x3, optional squeeze-and-excitation, plus identity."""

    def __init__(self, channels: int, attention: bool) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.attention = SqueezeExcitation(channels, REDUCTION) if attention else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.attention(self.block(x))


class Upsample(nn.Module):
    """Conv 3x3 to factor^2 times the channels, pixel shuffle by the factor, PReLU."""

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, factor**2 * channels, 3, padding=1),
            nn.PixelShuffle(factor),
            nn.PReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class SRResNet(nn.Module):
    """N x c x h x w in 0...1 to N x d x sh x sw, where s is the scale, 3 or a power of two."""

    def __init__(
        self, model: str, scale: int = 4, channels: int = CHANNELS, blocks: int = BLOCKS,
        in_channels: int = 3, out_channels: int = 3,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(in_channels, channels, 9, padding=4), nn.PReLU())
        self.res_blocks = nn.ModuleList(
            ResidualBlock(channels, attention=model == "attention") for _ in range(blocks)
        )
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        factors = [3] if scale == 3 else [2] * (scale.bit_length() - 1)
        self.upsample = nn.ModuleList(Upsample(channels, factor) for factor in factors)
        self.conv3 = nn.Conv2d(channels, out_channels, 9, padding=4)

    def forward(self, low_res: Tensor) -> Tensor:
        head = self.conv1(low_res)
        body = head
        for block in self.res_blocks:
            body = block(body)
        features = head + self.conv2(body)
        for stage in self.upsample:
            features = stage(features)
        return self.conv3(features)


class SRVGGNetCompact(nn.Module):
    """N x c x h x w in 0...1 to N x c x sh x sw: convolutions of the input's size, each with a PReLU
    of a slope for each channel, then a pixel shuffle, which is added to the input enlarged by nearest.
    """

    def __init__(
        self, scale: int = 4, features: int = CHANNELS, convolutions: int = BLOCKS,
        channels: int = 3,
    ) -> None:  # fmt: skip
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = []
        for inputs in [channels] + [features] * convolutions:
            layers += [nn.Conv2d(inputs, features, 3, padding=1), nn.PReLU(features)]
        layers.append(nn.Conv2d(features, channels * scale**2, 3, padding=1))
        self.body = nn.ModuleList(layers)
        self.upsampler = nn.PixelShuffle(scale)

    def forward(self, low_res: Tensor) -> Tensor:
        features = low_res
        for layer in self.body:
            features = layer(features)
        base = functional.interpolate(low_res, scale_factor=self.scale, mode="nearest")
        return self.upsampler(features) + base


def build(
    model: str, scale: int = 4, channels: int = CHANNELS, blocks: int = BLOCKS,
    in_channels: int = 3, out_channels: int = 3,
) -> nn.Module:  # fmt: skip
    """The network that `srdist train --model` names."""
    if model not in MODELS:
        raise ValueError(f"model is {model!r}, not one of {', '.join(MODELS)}")
    if model == "compact":
        if in_channels != out_channels:
            raise ValueError(f"a compact network of {in_channels} channels has as many outputs")
        return SRVGGNetCompact(scale, channels, blocks, in_channels)
    return SRResNet(model, scale, channels, blocks, in_channels, out_channels)


def seeded_model(model: str, seed: int, scale: int = 4, image_channels: int = 3) -> nn.Module:
    """A model with PyTorch's default initialisation, which depends on `seed` alone."""
    torch.manual_seed(seed)
    return build(model, scale, in_channels=image_channels, out_channels=image_channels)
