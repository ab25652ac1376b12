"""Makes Tests/SystemTests/Fixtures/NAME-training.json for each network of NETWORKS; see --help.

PyTorch computes the real networks in float64 on small pictures. The initial weights and the
pictures follow formulas.py and are not stored. A file holds

    torch                version of PyTorch (nothing is random, so there is no seed)
    model                vanilla | attention | compact
    scale, in_channels, out_channels, features, blocks     of the network
    low_res              [height, width] of the inputs: not square and no multiples of 4, so that
                         swapped axes and partial tiles show
    pairs, batch_size    step s (from 0) of an epoch takes pairs B*s ..< min(B*(s+1), pairs).
                         The last batch of an epoch is short, and means divide by its true size.
    learning_rate        of Adam (0.9, 0.999, 1e-8), constant
    output               {index, value}: elements of the output for pair 0 at the initial weights;
                         index in N x 3 x H x W order
    input_checks         a few weights and pixels of the formulas, to test the formulas themselves
    losses.LOSS.steps    loss of each step, before its update
    losses.LOSS.float32_steps_error      worst relative error of PyTorch's float32 in these losses
    losses.LOSS.gradients                parameter -> gradient at step 0 as
                         [Euclidean norm, worst relative error of PyTorch's float32,
                         [sums with random signs], [index, value], ...], index in OIHW order. If
                         the norm is 0, all gates of a squeeze are off, and the gradient must be
                         exactly 0. PReLUs of one slope share one error, that of all their slopes
                         as one vector. Compare them as one vector (gradients.py says why).

Sum k of a gradient takes element i with the sign -1 if the highest bit of draw("NAME sign k", i) is
set. The mean square error of such sums estimates the squared norm of the gradient's error. So a few
numbers stand for all elements.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import formulas
import gradients
import model
import pairs
import reference

LOW_RES = (10, 7)
PAIRS = 10
BATCH_SIZE = 4
STEPS = 10
LEARNING_RATE = 1e-4
OUTPUT_SAMPLES = 48
GRADIENT_SAMPLES = 2
SIGNED_SUMS = 4
LOSSES = ("mse=1", "charbonnier=1", "ssim=1", "ssim_box=1", "edge=1")


@dataclass(frozen=True)
class Network:
    model: str
    scale: int = 4
    in_channels: int = 3
    out_channels: int = 3
    features: int = model.CHANNELS
    blocks: int = model.BLOCKS


# The released networks, and small ones of another scale and other channels.
NETWORKS = {name: Network(name) for name in model.MODELS} | {
    "vanilla-x3": Network("vanilla", 3, 1, 1, blocks=2),
    "attention-x2": Network("attention", 2, 4, 3, blocks=2),
    "compact-x3": Network("compact", 3, 1, 1, blocks=2),
}


def rounded(value: float) -> float:
    """Rounds to nine significant digits, which is more than float32 distinguishes."""
    return float(f"{value:.9g}")


def sampled(name: str, values: Tensor, count: int) -> list[list[float]]:
    """`count` elements of the flat values, at places drawn from the name."""
    flat = values.detach().flatten()
    places = sorted({int(d % np.uint64(flat.numel())) for d in formulas.draws(name, count)})
    return [[place, rounded(flat[place].item())] for place in places]


def signed_sums(name: str, values: Tensor) -> list[float]:
    flat = values.detach().flatten().numpy()
    return [
        rounded(float(np.where(draws >> np.uint64(63), -flat, flat).sum()))
        for draws in (formulas.draws(f"{name} sign {k}", flat.size) for k in range(SIGNED_SUMS))
    ]


def initial_network(name: str) -> nn.Module:
    kind = NETWORKS[name]
    network = model.build(
        kind.model, kind.scale, kind.features, kind.blocks, kind.in_channels, kind.out_channels
    )
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    values = formulas.parameters(shapes)
    network.load_state_dict({key: torch.from_numpy(value) for key, value in values.items()})
    return network


def losses_of_steps(
    name: str, loss: str, low_res: Tensor, high_res: Tensor, dtype: torch.dtype
) -> list[float]:
    network = initial_network(name).to(dtype)
    criterion = reference.WeightedSum(loss)
    optimizer = reference.adam(network, LEARNING_RATE)
    batches = list(
        zip(low_res.to(dtype).split(BATCH_SIZE), high_res.to(dtype).split(BATCH_SIZE), strict=True)
    )
    return [
        reference.training_step(network, criterion, optimizer, *batches[step % len(batches)])
        for step in range(STEPS)
    ]


def train(name: str, loss: str, low_res: Tensor, high_res: Tensor) -> dict:
    """The losses of the first steps, and the gradients of step 0."""
    steps = losses_of_steps(name, loss, low_res, high_res, torch.float64)
    single = losses_of_steps(name, loss, low_res, high_res, torch.float32)
    exact, scatter = gradients.exact_and_scatter(
        initial_network(name), reference.WeightedSum(loss),
        low_res[:BATCH_SIZE], high_res[:BATCH_SIZE],
    )  # fmt: skip
    return {
        "steps": [rounded(value) for value in steps],
        "float32_steps_error": float(f"{relative_error(single, steps):.1e}"),
        "gradients": {
            key: [
                rounded(value.norm().item()),
                float(f"{scatter[key if key in scatter else gradients.SLOPES]:.1e}"),
                signed_sums(key, value),
                *sampled(f"{key} gradient", value, GRADIENT_SAMPLES),
            ]
            for key, value in exact.items()
        },
    }  # fmt: skip


def relative_error(found: list[float], expected: list[float]) -> float:
    return max(abs(a / b - 1) for a, b in zip(found, expected, strict=True))


def fixture(name: str) -> dict:
    kind = NETWORKS[name]
    height, width = (kind.scale * side for side in LOW_RES)
    channels = max(kind.in_channels, kind.out_channels)
    low, high = formulas.image_pairs(PAIRS, height, width, channels, kind.scale)
    low, high = low[..., : kind.in_channels], high[..., : kind.out_channels]
    low_res, high_res = (pairs.to_tensor(images, torch.float32) for images in (low, high))
    network = initial_network(name)
    with torch.no_grad():
        output = network.double()(low_res[:1].double())
    weights = network.state_dict()
    first, slope = list(weights)[0], list(weights)[2]
    return {
        "torch": torch.__version__,
        **asdict(kind),
        "low_res": list(LOW_RES),
        "pairs": PAIRS,
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE,
        "input_checks": {
            first: weights[first].flatten()[:4].tolist(),
            slope: weights[slope][:4].squeeze().tolist(),
            "high_res of pair 3, first row, first pixels": high[3, 0, :4].flatten().tolist(),
            "low_res of pair 3, first row, first pixels": low[3, 0, :4].flatten().tolist(),
        },
        "output": sampled("output", output, OUTPUT_SAMPLES),
        "losses": {loss: train(name, loss, low_res, high_res) for loss in LOSSES},
    }


def as_text(content: dict) -> str:
    """JSON with one line per parameter, so that a diff is readable."""
    text = json.dumps(content)
    return text.replace('], "', '],\n"').replace("]]}}, ", "]]}},\n") + "\n"


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=root / "Tests/SystemTests/Fixtures")
    parser.add_argument("--model", action="append", choices=list(NETWORKS), help="default: all")
    options = parser.parse_args()
    reference.deterministic(threads=1)
    for name in options.model or NETWORKS:
        path = options.output / f"{name}-training.json"
        path.write_text(as_text(fixture(name)))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
