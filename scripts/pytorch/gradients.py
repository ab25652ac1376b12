"""Gradients of the first step, and how far PyTorch's own float32 scatters around float64.

Some gradients are small sums of large terms that cancel (the output bias; everything under SSIM
while the output is still flat, since its variances are differences of moments). There float32
itself is off by more than 1e-4, in PyTorch as anywhere, and by how much depends on the order of the
additions. The scatter is measured over three ways of computing the same gradient, and a comparison
must allow for it.

A PReLU slope's gradient is one such sum, which may cancel to any small number: relative to itself
its error means nothing, so the slopes of all layers are compared as one vector.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

Gradients = dict[str, Tensor]

SLOPES = "PReLU slopes"


def of_batch(
    model: nn.Module, criterion: nn.Module, low_res: Tensor, high_res: Tensor
) -> Gradients:
    """Each parameter's gradient of the batch's mean loss, in float64 whatever the model's type."""
    model.zero_grad(set_to_none=True)
    criterion(model(low_res), high_res).backward()
    return _collected(model)


def image_by_image(
    model: nn.Module, criterion: nn.Module, low_res: Tensor, high_res: Tensor
) -> Gradients:
    """The same, accumulated one image at a time."""
    model.zero_grad(set_to_none=True)
    for low, high in zip(low_res.split(1), high_res.split(1), strict=True):
        (criterion(model(low), high) / len(low_res)).backward()
    return _collected(model)


def _collected(model: nn.Module) -> Gradients:
    return {name: p.grad.to(torch.float64).clone() for name, p in model.named_parameters()}


def relative_error(found: Tensor, expected: Tensor) -> float:
    """|found - expected| / |expected| by Euclidean norms; 0 where both are 0."""
    difference, norm = (found.double() - expected).norm().item(), expected.norm().item()
    if norm == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / norm


def comparable(gradients: Gradients) -> Gradients:
    """The same with the PReLU slopes, the only single numbers, joined to one vector."""
    slopes = [value.flatten() for value in gradients.values() if value.numel() == 1]
    others = {name: value for name, value in gradients.items() if value.numel() > 1}
    return {**others, SLOPES: torch.cat(slopes)}


def exact_and_scatter(
    model: nn.Module, criterion: nn.Module, low_res: Tensor, high_res: Tensor
) -> tuple[Gradients, dict[str, float]]:
    """Float64 gradients, and each comparable one's worst float32 error.

    Takes float32 images; the model and the criterion are left in float32 and channels_last.
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


def tolerance(scatter: float, bar: float) -> float:
    """What a result may be off by: the bar, or thrice PyTorch's own scatter."""
    return max(bar, 3 * scatter)
