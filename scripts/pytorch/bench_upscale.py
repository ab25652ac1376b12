"""Compares the speed of srdist's inference with onnxruntime's, OpenVINO's and ncnn's.

All sides enlarge the same picture with the same weights in float32, on the same cores. Each side is a
process of its own, pinned to as many cores as it has threads, and does nothing until it is asked for a
pass. A round asks all sides in turn, so a slow minute of the machine affects all of them. The times are
those of the network alone, after a first pass. Ratios are taken within a round. The report shows the
medians over the rounds. All results must agree with srdist's to 1e-3. A peer that ends before its
first result, for want of memory, say, is left out of the row.

With --clock cpu, the times are CPU times. Other work on the machine changes them less. Compare one
thread then: a thread that waits for another one may count as busy.

The ONNX and ncnn files are made by `srdist export`. Without --weights, the network is the one that
--model and --blocks name, with weights of a training run of one step.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PEERS = ("onnxruntime", "openvino", "ncnn")
AGREEMENT = 1e-3


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="scripts/bench-upscale"
    )
    parser.add_argument("--weights", help="weight file or checkpoint")
    parser.add_argument("--model", default="attention", help="network, if --weights names none (attention)")
    parser.add_argument("--blocks", type=int, default=16, help="blocks or convolutions of that network (16)")
    parser.add_argument("--size", type=int, action="append", help="side of the picture in pixels (64, 128, 256, 512)")
    parser.add_argument("--threads", type=int, action="append", help="threads (1, 2)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (5)")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="the time that counts (wall)")
    parser.add_argument("--peer", action="append", choices=PEERS, help="a peer (all)")
    parser.add_argument("--programs", default=str(ROOT / ".build/release"), help="folder of srdist and srdist-benchmark")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


# A side's process: prints 'ready', then milliseconds for each line that it reads.


def network(peer: str, model: str, picture: np.ndarray, threads: int):
    """A function that makes one pass and returns the result, NCHW."""
    if peer == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model + ".onnx", options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"input": picture})[0]
    if peer == "openvino":
        import openvino

        core = openvino.Core()
        graph = core.read_model(model + ".onnx")
        graph.reshape(list(picture.shape))
        compiled = core.compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": "f32",
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
            },
        )
        request = compiled.create_infer_request()
        return lambda: request.infer([picture])[0]
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    for name in dir(net.opt):
        if name.startswith(("use_fp16", "use_bf16", "use_int8")):
            setattr(net.opt, name, False)
    net.load_param(model + ".param")
    net.load_model(model + ".bin")

    def run() -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(picture[0]))
        return np.array(extractor.extract("output")[1])[None]

    return run


def serve(arguments: list[str]) -> None:
    peer, model, picture_file, side, threads, output = arguments
    height = int(side)
    picture = np.fromfile(picture_file, np.float32).reshape(1, height, height, 3)
    run = network(peer, model, np.ascontiguousarray(picture.transpose(0, 3, 1, 2)), int(threads))
    np.ascontiguousarray(run()[0].transpose(1, 2, 0), np.float32).tofile(output)
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print((time.perf_counter() - start) * 1e3, flush=True)


class EndedError(Exception):
    """A side's process ended before it was ready."""


class Side:
    """A process that makes passes on request."""

    def __init__(self, name: str, command: list[str], threads: int, clock: str) -> None:
        self.name = name
        self.clock = clock
        cores = sorted(os.sched_getaffinity(0))[:threads]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        self.times: list[float] = []
        while (line := self.process.stdout.readline()) != "ready\n":
            if not line:
                raise EndedError(f"{name} ended before it was ready, with status {self.process.wait()}")

    def cpu_milliseconds(self) -> float:
        # Linux's number of the clock that counts the CPU time of all threads of a process.
        return time.clock_gettime((~self.process.pid << 3) | 2) * 1e3

    def run(self) -> None:
        start = self.cpu_milliseconds()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended in a pass")
        self.times.append(float(line) if self.clock == "wall" else self.cpu_milliseconds() - start)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def measure(options: argparse.Namespace, folder: Path, size: int, threads: int) -> list[Side]:
    picture = folder / "picture"
    generator = np.random.default_rng(size)
    generator.random((size, size, 3), np.float32).tofile(picture)
    command = [f"{options.programs}/srdist-benchmark", "upscale", "--weights", options.weights]
    command += ["--picture", str(picture), "--height", str(size), "--width", str(size)]
    command += ["--threads", str(threads), "--output", str(folder / "srdist")]
    sides = [Side("srdist", command, threads, options.clock)]
    ours = np.fromfile(folder / "srdist", np.float32)
    for peer in options.peer or PEERS:
        arguments = [peer, folder / "model", picture, size, threads, folder / peer]
        command = [sys.executable, __file__, "--worker", "\n".join(map(str, arguments))]
        try:
            sides.append(Side(peer, command, threads, options.clock))
        except EndedError as error:
            print(f"{size}x{size}, {threads} threads: {error}", file=sys.stderr)
            continue
        difference = np.abs(np.fromfile(folder / peer, np.float32) - ours).max()
        if not difference <= AGREEMENT:
            raise SystemExit(f"{peer}'s result differs from srdist's by {difference}")
    for _ in range(options.rounds):
        for side in sides:
            side.run()
    for side in sides:
        side.close()
    return sides


def main() -> None:
    options = parsed()
    if options.worker:
        serve(options.worker.split("\n"))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        srdist = f"{options.programs}/srdist"
        if not options.weights:
            arguments = "--synthetic-train 8 --synthetic-valid 1 --max-steps 1 --loss charbonnier=1"
            arguments += f" --model {options.model} --blocks {options.blocks}"
            subprocess.run(
                [srdist, "train", *arguments.split(), "--output", str(folder / "run")],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            options.weights = str(folder / "run/checkpoints/best")
        for kind, file in (("onnx", "model.onnx"), ("ncnn", "model.param")):
            subprocess.run(
                [srdist, "export", "--weights", options.weights, "--format", kind, "-o", str(folder / file)],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        names = ["srdist", *(options.peer or PEERS)]
        print("| picture | threads | " + " | ".join(f"{name}, ms" for name in names) + " | against the best |")
        print("|" + "---|" * (len(names) + 3))
        for size in options.size or [64, 128, 256, 512]:
            for threads in options.threads or [1, 2]:
                sides = measure(options, folder, size, threads)
                times = {side.name: f"{statistics.median(side.times):.1f}" for side in sides}
                medians = [times.get(name, "-") for name in names]
                if len(sides) == 1:
                    raise SystemExit("no peer gave a result")
                best = min(sides[1:], key=lambda side: statistics.median(side.times))
                ratio = statistics.median(a / b for a, b in zip(best.times, sides[0].times))
                print(
                    f"| {size}x{size} | {threads} | " + " | ".join(medians) + f" | {ratio:.2f}x ({best.name}) |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
