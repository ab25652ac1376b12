"""Times PyTorch's training steps in one mode, in its own process, and prints one JSON object.

bench.py starts it. Every mode does the same work as `srdist train`: take a batch of bytes, forward,
loss, backward, Adam.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as distributed
import torch.multiprocessing
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import model as models
import pairs
import reference

MODES = ("eager", "channels_last", "compiled", "bfloat16", "ddp")
DDP_PROCESSES = 2


class Share:
    """The images of each batch that one process works on: all, or its part under DDP."""

    def __init__(self, data: pairs.Pairs, batch_size: int, rank: int, world_size: int) -> None:
        self.data = data
        self.batch_size = batch_size
        self.count = batch_size // world_size
        self.offset = rank * self.count

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        first = step * self.batch_size % (len(self.data) - self.batch_size + 1)
        return self.data.batch(first + self.offset, self.count)


def step_function(
    mode: str, network: nn.Module, criterion: nn.Module
) -> Callable[[Tensor, Tensor], Tensor]:
    """A function from images to the loss, ready for backward, as `mode` computes it."""
    # Channels last is the faster layout. The modes that may choose use it.
    channels_last = mode in ("channels_last", "compiled", "bfloat16")
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network.to(memory_format=layout)
    if mode == "ddp":
        network = nn.parallel.DistributedDataParallel(network)

    def loss(low_res: Tensor, high_res: Tensor) -> Tensor:
        reduced = mode == "bfloat16"
        with torch.autocast("cpu", torch.bfloat16) if reduced else nullcontext():
            return criterion(network(low_res).float(), high_res)

    computed = torch.compile(loss) if mode == "compiled" else loss
    return lambda low_res, high_res: computed(
        low_res.contiguous(memory_format=layout), high_res.contiguous(memory_format=layout)
    )


def measure(options: argparse.Namespace, rank: int, world_size: int) -> dict:
    torch.set_num_threads(options.threads)
    share = Share(pairs.Pairs(options.data), options.batch_size, rank, world_size)
    network = models.build(options.model)
    network.load_state_dict(load_file(options.init_weights))
    criterion = reference.WeightedSum(options.loss, options.weights_dir)
    optimizer = reference.adam(network, options.learning_rate)
    compute = step_function(options.mode, network, criterion)

    first_loss, wall, cpu = 0.0, [], []
    for step in range(options.warmup + options.steps):
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        loss = compute(*share.batch(step))
        loss.backward()
        optimizer.step()
        value = loss.item()
        wall.append(time.perf_counter() - wall_start)
        cpu.append(time.process_time() - cpu_start)
        if step == 0:
            first_loss = value
    return {
        "first_loss": first_loss,
        "images_per_second": options.batch_size / statistics.median(wall[options.warmup :]),
        "cpu_seconds_per_image": statistics.median(cpu[options.warmup :]) / share.count,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def ddp_process(rank: int, options: argparse.Namespace, rendezvous: str) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=DDP_PROCESSES
    )
    results: list = [None] * DDP_PROCESSES
    distributed.all_gather_object(results, measure(options, rank, DDP_PROCESSES))
    if rank == 0:
        # The shares are equal, so the mean of the processes' losses is the batch's loss.
        print(json.dumps({
            "first_loss": statistics.mean(r["first_loss"] for r in results),
            "images_per_second": min(r["images_per_second"] for r in results),
            "cpu_seconds_per_image": statistics.mean(r["cpu_seconds_per_image"] for r in results),
            "peak_bytes": max(r["peak_bytes"] for r in results),
        }))  # fmt: skip
    # A process that exits while the other still communicates may be aborted.
    distributed.barrier()
    distributed.destroy_process_group()


def prepare(options: argparse.Namespace) -> None:
    """Writes the pairs and the initial weights that both sides start from."""
    if not options.data.exists():
        pairs.prepare(options.faces, options.data, train=4 * options.batch_size, valid=options.batch_size)
    for name in models.MODELS:
        network = models.seeded_model(name, seed=0)
        save_file(network.state_dict(), options.init_weights / f"{name}.safetensors")
    print(json.dumps({"torch": torch.__version__}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("prepare", *MODES))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", type=Path)
    parser.add_argument("--init-weights", type=Path, required=True)
    parser.add_argument("--weights-dir", type=Path)
    parser.add_argument("--model", choices=models.MODELS)
    parser.add_argument("--loss")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    options.mode = options.action
    if options.action == "prepare":
        prepare(options)
    elif options.mode == "ddp":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        with tempfile.TemporaryDirectory() as folder:
            rendezvous = f"{folder}/rendezvous"
            torch.multiprocessing.spawn(
                ddp_process, args=(options, rendezvous), nprocs=DDP_PROCESSES
            )
    else:
        print(json.dumps(measure(options, rank=0, world_size=1)))


if __name__ == "__main__":
    main()
