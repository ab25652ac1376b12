"""Compares a run's event files, as TensorBoard reads them, with its metrics.jsonl. Argument: RUN."""

import json
import math
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def expect(condition, message):
    if not condition:
        sys.exit(f"error: {message}")


def check(events, tag, expected):
    found = [(event.step, event.value) for event in events.Scalars(tag)]
    expect([step for step, _ in found] == list(expected), f"{tag} has steps {[step for step, _ in found]}")
    for step, value in found:
        # TensorBoard stores single precision.
        expect(math.isclose(value, expected[step], rel_tol=1e-6), f"{tag} of step {step} is {value}")


def main(run):
    with open(f"{run}/metrics.jsonl") as file:
        records = [json.loads(line) for line in file]
    events = EventAccumulator(f"{run}/tensorboard", size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    steps = [record for record in records if record["kind"] == "step"]
    epochs = [record for record in records if record["kind"] == "epoch"]
    check(events, "step/loss", {record["step"]: record["loss"] for record in steps})
    check(events, "step/learning_rate", {record["step"]: record["learning_rate"] for record in steps})
    check(events, "step/mse", {record["step"]: record["terms"]["mse"] for record in steps})
    for name in ("train_loss", "valid_loss", "valid_psnr", "valid_ssim", "bicubic_psnr"):
        check(events, f"epoch/{name}", {record["step"]: record[name] for record in epochs})
    pictures = events.Images("samples")
    expect([picture.step for picture in pictures] == [record["step"] for record in epochs], "pictures are missing")
    expect(all(picture.encoded_image_string.startswith(b"\x89PNG") for picture in pictures), "a picture is no PNG")
    tags = events.Tags()["scalars"]
    print(f"{len(steps)} steps and {len(epochs)} epochs, {len(tags)} scalars and {len(pictures)} pictures: as logged")


main(sys.argv[1])
