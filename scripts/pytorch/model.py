"""SRResNet (Ledig et al., 2017) without batch normalisation, plain or with squeeze-and-excitation.

The nesting of the modules gives `state_dict()` the names that srdist writes into its weight files
(`conv1.0.weight`, `res_blocks.0.attention.se.1.bias`, ...). A file moves both ways unchanged.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CHANNELS = 64
BLOCKS = 16
REDUCTION = 16

MODELS = ("vanilla", "attention")


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
    """Conv 3x3 to four times the channels, pixel shuffle by two, PReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class SRResNet(nn.Module):
    """N x 3 x h x w in 0...1 to N x 3 x sh x sw, where s is the scale, a power of two."""

    def __init__(
        self, model: str, scale: int = 4, channels: int = CHANNELS, blocks: int = BLOCKS
    ) -> None:
        super().__init__()
        if model not in MODELS:
            raise ValueError(f"model is {model!r}, not one of {', '.join(MODELS)}")
        self.conv1 = nn.Sequential(nn.Conv2d(3, channels, 9, padding=4), nn.PReLU())
        self.res_blocks = nn.ModuleList(
            ResidualBlock(channels, attention=model == "attention") for _ in range(blocks)
        )
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        doublings = scale.bit_length() - 1
        self.upsample = nn.ModuleList(Upsample(channels) for _ in range(doublings))
        self.conv3 = nn.Conv2d(channels, 3, 9, padding=4)

    def forward(self, low_res: Tensor) -> Tensor:
        head = self.conv1(low_res)
        body = head
        for block in self.res_blocks:
            body = block(body)
        features = head + self.conv2(body)
        for stage in self.upsample:
            features = stage(features)
        return self.conv3(features)


def seeded_model(model: str, seed: int) -> SRResNet:
    """A model with PyTorch's default initialisation, which depends on `seed` alone."""
    torch.manual_seed(seed)
    return SRResNet(model)
