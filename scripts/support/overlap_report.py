"""Prints what scripts/measure-overlap measured. Arguments: FOLDER ROUNDS. Times are medians over the steps of a run."""

import json
import statistics
import sys


def steps(folder, name):
    """How long the last rank to arrive waited for communication, and how long a step took, in milliseconds."""
    spans = {}
    with open(f"{folder}/{name}.json") as file:
        for event in json.load(file)["traceEvents"]:
            if event["ph"] == "X" and event["args"]["step"] > 2:
                key = (event["args"]["step"], event["pid"])
                spans.setdefault(key, {}).setdefault(event["name"], []).append(event["dur"] / 1000)
    exposed, total = [], []
    for number in sorted({step for step, _ in spans}):
        ranks = [spans[key] for key in spans if key[0] == number]
        # The rank that waits least came last. The others also wait for that rank.
        exposed.append(min(sum(rank.get("exchange", [0])) for rank in ranks))
        total.append(sum(sum(ranks[0].get(n, [0])) for n in ("forward/backward", "exchange", "update", "agreement")))
    return statistics.median(exposed), statistics.median(total)


def plan(folder, name):
    """The predicted step and its exposed part, in milliseconds."""
    with open(f"{folder}/{name}.log") as file:
        rows = [line.split() for line in file]
    row = next(row for row in rows if row[:1] == ["2"])
    return float(row[2]), float(row[3])


def main(folder, rounds):
    exposed_by_blocking, total = steps(folder, "blocking")
    print(f"blocking allreduce   exposed {exposed_by_blocking:6.1f} ms of a step of {total:6.1f} ms")
    plans = [plan(folder, f"plan-{index}") for index in range(rounds + 1)]
    hidden, bounds, errors = [], [], []
    for index in range(1, rounds + 1):
        exposed, total = steps(folder, f"overlapped-{index}")
        # The mean of the predictions from just before and just after the run.
        predicted, bound = (statistics.mean(pair) for pair in zip(plans[index - 1], plans[index]))
        errors.append(100 * (predicted / total - 1))
        hidden.append(100 * (1 - exposed / exposed_by_blocking))
        bounds.append(100 * (1 - bound / exposed_by_blocking))
        print(
            f"overlapped tree      exposed {exposed:6.1f} ms of a step of {total:6.1f} ms; predicted {bound:6.1f} ms "
            f"of {predicted:6.1f} ms: {errors[-1]:+.0f} %"
        )
    print(
        f"hidden: {statistics.median(hidden):.0f} % of what blocking exposes; the model expects "
        f"{statistics.median(bounds):.0f} %"
    )
    print(f"predicted steps: {', '.join(f'{error:+.0f} %' for error in errors)}")


main(sys.argv[1], int(sys.argv[2]))
