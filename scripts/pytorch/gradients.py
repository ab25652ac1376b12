"""Gradients of the first step, and how far PyTorch's own float32 scatters around float64.

PyTorch's float32 has errors above 1e-4 for two reasons. First, some gradients are small sums of
large terms that cancel: everything behind a squeeze's mean, and under SSIM also PyTorch's
differences of moments. Second, a unit may stand within float32's rounding of a kink: a kink of a
PReLU, or in perceptual networks of a ReLU or between two maxima. Such a unit may fall on either
side. This moves the gradient of its layer by a finite amount, up to 2e-4 of the gradient's norm for
one unit of a PReLU. It is luck in any float32 implementation, and rarer if the forward pass rounds
less. The scatter is measured over three ways of computing the same gradient.

The gradient of the one slope of a PReLU is one sum, which may cancel to any small number. On faces the sizes
of the terms added up to 500 and 6,600 times the sum, and PyTorch's float32 was off by 2e-4 there.
Relative to such a sum the error means little, so the slopes of all layers are compared as one
vector.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

Gradients = dict[str, Tensor]

SLOPES = "PReLU slopes"


def of_batch(
    model: nn.Module, criterion: nn.Module, low_res: Tensor, high_res: Tensor
) -> Gradients:
    """The gradient of the batch's mean loss with respect to each parameter, always in float64."""
    model.zero_grad(set_to_none=True)
    criterion(model(low_res), high_res).backward()
    return _collected(model)


def image_by_image(
    model: nn.Module, criterion: nn.Module, low_res: Tensor, high_res: Tensor
) -> Gradients:
    """The same gradients, accumulated one image at a time."""
    model.zero_grad(set_to_none=True)
    for low, high in zip(low_res.split(1), high_res.split(1), strict=True):
        (criterion(model(low), high) / len(low_res)).backward()
    return _collected(model)


def _collected(model: nn.Module) -> Gradients:
    return {name: p.grad.to(torch.float64).clone() for name, p in model.named_parameters()}


def relative_error(found: Tensor, expected: Tensor) -> float:
    """|found - expected| / |expected| in Euclidean norms; 0 if both are 0."""
    difference, norm = (found.double() - expected).norm().item(), expected.norm().item()
    if norm == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / norm


def comparable(gradients: Gradients) -> Gradients:
    """The same gradients, with the single PReLU slopes (the only single numbers) in one vector."""
    slopes = [value.flatten() for value in gradients.values() if value.numel() == 1]
    others = {name: value for name, value in gradients.items() if value.numel() > 1}
    return {**others, SLOPES: torch.cat(slopes)} if slopes else others


def exact_and_scatter(
    model: nn.Module, criterion: nn.Module, low_res: Tensor, high_res: Tensor
) -> tuple[Gradients, dict[str, float]]:
    """Float64 gradients, and each comparable one's worst float32 error.

    Takes float32 images. Leaves the model and the criterion in float32, the model in channels_last.
    """
    exact = of_batch(model.double(), criterion.double(), low_res.double(), high_res.double())
    model.float()
    criterion.float()
    runs = [
        of_batch(model, criterion, low_res, high_res),
        image_by_image(model, criterion, low_res, high_res),
    ]
    channels_last = torch.channels_last
    low_res = low_res.contiguous(memory_format=channels_last)
    high_res = high_res.contiguous(memory_format=channels_last)
    runs.append(of_batch(model.to(memory_format=channels_last), criterion, low_res, high_res))
    comparable_runs = [comparable(run) for run in runs]
    scatter = {
        name: max(relative_error(run[name], expected) for run in comparable_runs)
        for name, expected in comparable(exact).items()
    }
    return exact, scatter
