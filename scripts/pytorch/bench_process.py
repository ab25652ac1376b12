"""Starts the processes that bench.py measures.

This module imports no PyTorch. PyTorch would inflate the peak memory of the children: until a
child runs its own program, its peak counts the memory that it inherits.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WORKER = Path(__file__).with_name("bench_worker.py")


class BenchmarkError(Exception):
    """A process failed, or the two sides did not do the same work."""


@dataclass(frozen=True)
class Measurement:
    """Training steps of one measured command. The peak is that of its largest process."""

    first_loss: float
    images_per_second: float
    cpu_seconds_per_image: float
    peak_bytes: int


def distinct_cores(count: int) -> list[int]:
    """The first `count` usable CPUs that are different cores, not two threads of one core."""
    seen, cores = set(), []
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        core = siblings.read_text() if siblings.exists() else str(cpu)
        if core not in seen:
            seen.add(core)
            cores.append(cpu)
    if len(cores) < count:
        raise BenchmarkError(f"{count} cores are needed, but only {len(cores)} are usable")
    return cores[:count]


class Runner:
    """Runs one side of one workload and reads its measurements."""

    def __init__(self, options: argparse.Namespace, folder: Path, batch_size: int) -> None:
        self.options = options
        self.folder = folder
        self.batch_size = batch_size
        self.data = options.data or folder / "data"
        self.cores = distinct_cores(2)
        self.runs = 0
        # Later rounds reuse the first round's compiled kernels.
        self.environment = os.environ | {
            "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        }
        faces = ["--faces", str(options.faces)] if options.faces else []
        self.torch_version = self._worker(["prepare", *faces], cores=2)[0]["torch"]

    def pytorch(self, mode: str, model: str, loss: str) -> Measurement:
        arguments = [
            mode, "--model", model, "--loss", loss, "--batch-size", str(self.batch_size),
            "--steps", str(self.options.steps), "--warmup", str(self.options.warmup),
        ]  # fmt: skip
        if self.options.weights_dir:
            arguments += ["--weights-dir", str(self.options.weights_dir)]
        weights = self.folder / f"{model}.safetensors"

        def measure() -> Measurement:
            result, _ = self._worker(arguments, cores=2 if mode == "ddp" else 1, weights=weights)
            return Measurement(**result)

        try:
            return measure()
        except BenchmarkError as error:
            # DDP's threads sometimes abort a process that is about to exit.
            print(f"PyTorch's {mode} failed and runs once more: {error}", file=sys.stderr)
            return measure()

    def srdist(self, side: str, model: str, arguments: list[str]) -> Measurement:
        place, _, rest = side.partition(", ")
        count, unit = place.split()
        self.runs += 1
        output = self.folder / f"run-{self.runs}"
        # From the second epoch on, kept features are read.
        untimed = self._training_images() // self.batch_size
        steps = untimed + self.options.steps
        launcher = []
        if unit == "ranks":
            launcher = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", count]
        command = [
            *launcher, str(self.options.srdist), "train", *arguments,
            "--threads", count if unit.startswith("thread") else "1",
            "--data", str(self.data), "--batch-size", str(self.batch_size), "--no-shuffle",
            "--init-weights", str(self.folder / f"{model}.safetensors"),
            "--learning-rate", "1e-4", "--epochs", "1000", "--max-steps", str(steps),
            "--cache-features", "off" if rest == "none kept" else str(output / "features"),
            "--output", str(output), "--resume", "never",
        ]  # fmt: skip
        if self.options.weights_dir:
            command += ["--weights-dir", str(self.options.weights_dir)]
        _, usage = self._run(command, cores=int(count))
        lines = map(json.loads, (output / "metrics.jsonl").read_text().splitlines())
        logged = [line for line in lines if line["kind"] == "step"]
        speeds = [line["images_per_second"] for line in logged[untimed:]]
        shutil.rmtree(output / "features", ignore_errors=True)
        return Measurement(
            first_loss=logged[0]["loss"],
            images_per_second=statistics.median(speeds),
            # Of the whole process, with start, validation and checkpoint.
            cpu_seconds_per_image=(usage.ru_utime + usage.ru_stime) / (steps * self.batch_size),
            peak_bytes=usage.ru_maxrss * 1024,
        )

    def _training_images(self) -> int:
        """The first number of the array's shape, which its header gives."""
        with (self.data / "hr_train.npy").open("rb") as file:
            return int(re.search(rb"'shape': \((\d+),", file.read(256)).group(1))

    def _worker(self, arguments: list[str], cores: int, weights: Path | None = None) -> tuple:
        common = ["--data", str(self.data), "--init-weights", str(weights or self.folder)]
        output, usage = self._run([sys.executable, str(WORKER), *arguments, *common], cores)
        return json.loads(output.splitlines()[-1]), usage

    def _run(self, command: list[str], cores: int) -> tuple[str, object]:
        """Standard output, and the resources of the process and its awaited children."""
        pinned = ["taskset", "-c", ",".join(map(str, self.cores[:cores])), *command]
        log = self.folder / "stderr"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                pinned, stdout=subprocess.PIPE, stderr=errors, env=self.environment
            )
            output = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise BenchmarkError(
                f"{' '.join(command)}\nended with {process.returncode}:\n"
                f"{log.read_text(errors='replace')[-3000:]}"
            )
        return output, usage
