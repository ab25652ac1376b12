"""Writes RESULTS.md of scripts/reproduce-paper from the logs of its runs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

from paper_runs import ABLATIONS, BATCHES, COLUMNS, PAPER, PAPERS_TABLES, UNCHANGED, Run

# The measurement of a run's weights without the average, of `srdist evaluate --json`.
NOT_AVERAGED = "not-averaged.json"
VARIANTS = ("vanilla", "attention", "hybrid")


def epochs(folder: Path) -> list[dict]:
    """The complete epochs of a run's log. The last line may be incomplete while the run writes it."""
    found = []
    try:
        with open(folder / "metrics.jsonl") as log:
            for line in log:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if record.get("kind") == "epoch":
                    found.append(record)
    except FileNotFoundError:
        pass
    return found


def machine() -> str:
    """The processor, and how much of it this process may use."""
    model = "unknown processor"
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {len(os.sched_getaffinity(0))} CPUs"


def number(value: object, digits: int) -> str:
    """A number as the paper prints it, without the zero before the point."""
    if not isinstance(value, (int, float)):
        return ""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def digits(column: str) -> int:
    return 2 if column.endswith("psnr") else 4


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    return [row(header), "|" + "---|" * len(header), *map(row, rows)]


def best(records: list[dict]) -> dict | None:
    """The epoch with the best validation PSNR."""
    measured = [record for record in records if isinstance(record.get("valid_psnr"), float)]
    return max(measured, key=lambda record: record["valid_psnr"], default=None)


def typical_seconds(records: list[dict]) -> float:
    seconds = sorted(record["seconds"] for record in records)
    return seconds[len(seconds) // 2]


def lowest_lpips(records: list[dict]) -> str:
    """The lowest LPIPS, and the epoch that has it."""
    measured = [record for record in records if isinstance(record.get("valid_lpips"), float)]
    lowest = min(measured, key=lambda record: record["valid_lpips"], default=None)
    return f"{number(lowest['valid_lpips'], 4)} ({lowest['epoch']})" if lowest else ""


class Results:
    def __init__(self, options, output: Path, runs: list[Run], epochs_of, done):
        self.options, self.output, self.runs = options, output, runs
        self.epochs_of, self.done = epochs_of, done
        self.records = {run.name: epochs(output / run.name) for run in runs}

    def started(self, group: str) -> list[Run]:
        return [run for run in self.runs if run.group == group and self.records[run.name]]

    def text(self) -> str:
        parts = [self.introduction()]
        if self.started(PAPER):
            parts += [self.overview(), self.pictures()]
            parts += [self.variant(run) for run in self.runs if run.name in VARIANTS and self.records[run.name]]
        for group, title in ((ABLATIONS, "`best` with one thing changed"), (BATCHES, "Large batches")):
            if self.started(group):
                parts.append(self.comparison(group, title))
        parts += [self.other_pictures(), self.diagnoses(), self.commands()]
        return "\n\n".join(part for part in parts if part) + "\n"

    def introduction(self) -> str:
        options = self.options
        lines = [
            "# Results of scripts/reproduce-paper", "",
            "The paper is \"Image Super Resolution using SR-ResNet\". Written by `scripts/reproduce-paper`; do not edit.", "",
        ]
        try:
            data = json.loads((self.output / "data.json").read_text())
            lines.append(
                f"- Data: {data['train']} training and {data['valid']} validation photographs, resized to 256x256, with one "
                "fixed 128x128 crop each (srdist's recipes take fresh crops). The paper has 2,000 and 500 other ones, so its PSNR "
                "can only be compared roughly; the difference from bicubic can be compared better.")
            for count, names in sorted(self.fewer(data["train"]).items()):
                lines.append(
                    f"- {' and '.join(names)} had only {count} of the training photographs, to save time (`--fewer`), so their "
                    "epochs have fewer steps. The validation photographs are the same.")
        except (OSError, ValueError, KeyError):
            pass
        lines += [
            "- PSNR is the mean over images, of unclamped RGB with peak 1. SSIM has the Gaussian window. LPIPS uses AlexNet; "
            "lower is better.",
            f"- The paper's variants begin with the initial weights of `--init {self.of_variants('--init', options.init)}`.",
            "- Terms over VGG16 (`vgg`, `lpips_vgg`): " + self.trunk(),
        ]
        if options.quick or options.epochs_scale != 1:
            lines.append("- **This was a try with other numbers of epochs than the paper's"
                         + (", and with small networks.**" if options.quick else ".**"))
        missing = [run.name for run in self.runs if run.group == PAPER and not self.done(run)]
        if missing:
            lines.append(f"- Not complete: {', '.join(missing)}.")
        return "\n".join(lines)

    def trunk(self) -> str:
        if (self.options.weights_dir / "vgg16-torchvision-features.safetensors").exists():
            return "over torchvision's VGG16, as in the paper."
        factors = []
        for run in self.runs:
            found = self.state(run).get("trunk_factors") or {}
            factors += [f"{term} times {value:.4g} in `{run.name}`" for term, value in sorted(found.items())]
        text = "torchvision's VGG16 was not at hand. They are over the original, Caffe-trained one"
        if self.of_variants("--trunk-balance", self.options.trunk_balance) == "off":
            return text + ", at its own size (`--trunk-balance off`): the runs are the paper's letter, with other weights."
        return (text + ", scaled to weigh as much as in the paper (`--trunk-balance on`; LPIPS with the means of its linear "
                "layers)" + (": " + ", ".join(factors) if factors else "") + ".")

    def note(self, run: Run) -> dict:
        """What was recorded at the run's start."""
        try:
            return json.loads((self.output / run.name / "reproduction.json").read_text())
        except (OSError, ValueError):
            return {}

    def fewer(self, all_photographs: int) -> dict[int, list[str]]:
        """The runs with fewer photographs than others, by their number."""
        found: dict[int, list[str]] = {}
        for run in self.runs:
            count = self.note(run).get("photographs", all_photographs)
            if count != all_photographs:
                found.setdefault(count, []).append(f"`{run.name}`")
        return found

    def of_variants(self, option: str, otherwise: str) -> str:
        """An option's value with which the paper's variants were trained; if none was, another one."""
        for run in self.runs:
            given = self.note(run).get("arguments", [])
            if run.is_paper_variant and option in given:
                return given[given.index(option) + 1]
        return otherwise

    def state(self, run: Run) -> dict:
        """The state of the run's newest checkpoint."""
        folder = self.output / run.name / "checkpoints"
        for checkpoint in sorted(folder.glob("step-*"), reverse=True):
            try:
                return json.loads((checkpoint / "state.json").read_text())
            except (OSError, ValueError):
                continue
        return {}

    def overview(self) -> str:
        rows = []
        for run in self.started(PAPER):
            records = self.records[run.name]
            chosen = best(records) or records[-1]
            if not rows:
                rows.append(["bicubic", "", number(chosen.get("bicubic_psnr"), 2), "", number(chosen.get("bicubic_ssim"), 4),
                             number(chosen.get("bicubic_lpips"), 4), "", "", ""])
            paper = PAPERS_TABLES.get(run.name)
            gain = chosen.get("valid_psnr", 0) - chosen.get("bicubic_psnr", 0)
            rows.append([
                f"`{run.name}`", f"{chosen['epoch']} of {len(records)}", number(chosen.get("valid_psnr"), 2), f"{gain:+.2f}",
                number(chosen.get("valid_ssim"), 4), number(chosen.get("valid_lpips"), 4),
                "" if not paper else " / ".join(
                    number(max(values[COLUMNS.index(column)] for values in paper.values()), digits(column))
                    for column in ("valid_psnr", "valid_ssim")),
                lowest_lpips(records), f"{typical_seconds(records):.0f}",
            ])
        header = ["run", "best epoch", "PSNR", "over bicubic", "SSIM", "LPIPS", "the paper's best PSNR / SSIM",
                  "lowest LPIPS (epoch)", "seconds per epoch (median)"]
        return "\n".join(["## The best epochs, by validation PSNR", "", *markdown(header, rows)])

    def variant(self, run: Run) -> str:
        """The run's table as the paper prints it, with the paper's numbers below ours."""
        paper, records = PAPERS_TABLES[run.name], {record["epoch"]: record for record in self.records[run.name]}
        rows = []
        for epoch in sorted(set(paper) | ({max(records)} if records else set())):
            record = records.get(epoch)
            if record is None:
                continue
            theirs = paper.get(epoch)
            cells = [str(epoch)]
            for index, column in enumerate(COLUMNS):
                ours = number(record.get(column), digits(column))
                cells.append(f"{ours} ({number(theirs[index], digits(column))})" if theirs else ours)
            rows.append(cells + [number(record.get("valid_ssim_box"), 4), number(record.get("valid_lpips"), 4)])
        last = self.records[run.name][-1]
        header = ["epoch", "train loss", "val. loss", "train PSNR", "val. PSNR", "train SSIM", "val. SSIM", "val. SSIM (box)",
                  "val. LPIPS"]
        bicubic = ", ".join(
            f"{name} {number(last.get(key), count)}" for name, key, count in
            (("PSNR", "bicubic_psnr", 2), ("SSIM", "bicubic_ssim", 4), ("SSIM (box)", "bicubic_ssim_box", 4),
             ("LPIPS", "bicubic_lpips", 4)) if key in last)
        return "\n".join([
            f"## `{run.name}`: {run.note}", "", "Ours, and in brackets the paper's.", "", *markdown(header, rows), "",
            f"Bicubic: {bicubic}."])

    def pictures(self) -> str:
        lines = []
        for name, text in (
            ("figure-1.png", "Validation faces: LR, bicubic, each run, HR. Each run as after its best epoch."),
            ("figure-4.png", "Loss, PSNR and SSIM by epoch; dashed: training, solid: validation, dotted: bicubic. A row for each "
             "variant."),
        ):
            if (self.output / name).exists():
                lines += [f"![{text}]({name})", "", f"*{text}*", ""]
        return "\n".join(lines).strip()

    def comparison(self, group: str, title: str) -> str:
        rows = []
        runs = self.started(group)
        if group == BATCHES:
            # Ablations have batches of 8. The one that changes nothing is the first row.
            unchanged = [run for run in self.started(ABLATIONS) if run.name == UNCHANGED]
            runs = [replace(run, note="batch 8, warm-up of half an epoch") for run in unchanged] + runs
        for run in runs:
            records = self.records[run.name]
            last, count = records[-1], self.epochs_of(run)
            # The loss of whatever learns falls.
            diverged = " (diverged)" if last["train_loss"] > records[0]["train_loss"] else ""
            rows.append([
                run.note + diverged, f"{last['epoch']}" + ("" if self.done(run) else f" of {count}"), str(last["step"]),
                number(last.get("valid_psnr"), 2), number(last.get("valid_ssim"), 4), number(last.get("valid_lpips"), 4)])
            if run.name == UNCHANGED and group == ABLATIONS:
                rows += self.not_averaged(run, rows[-1])
        what = "what is changed" if group == ABLATIONS else "run"
        return "\n".join([
            f"## {title}", "", "After the last epoch.", "",
            *markdown([what, "epochs", "steps", "PSNR", "SSIM", "LPIPS"], rows)])

    def not_averaged(self, run: Run, row_of_run: list[str]) -> list[list[str]]:
        """The row of a run without averaged weights. Averaging changes no step, so it is the same run."""
        try:
            found = json.loads((self.output / run.name / NOT_AVERAGED).read_text())["metrics"]
        except (OSError, ValueError, KeyError):
            return []
        return [["no averaged weights", *row_of_run[1:3], number(found.get("psnr"), 2), number(found.get("ssim"), 4),
                 number(found.get("lpips"), 4)]]

    def other_pictures(self) -> str:
        rows = []
        for run in self.started(PAPER):
            for name in ("set5", "set14"):
                try:
                    found = json.loads((self.output / run.name / f"{name}.json").read_text())
                except (OSError, ValueError):
                    continue
                rows.append([f"`{run.name}`", name.capitalize(), *summary(found)])
        if not rows:
            return ""
        return "\n".join([
            "## Other pictures", "",
            "The runs have seen faces alone. PSNR and SSIM of Y with a border of 4, LR by MATLAB's bicubic. In brackets: bicubic's, "
            "which the literature has at 28.42 / .8104 (Set5) and 26.00 / .7027 (Set14).", "",
            *markdown(["run", "pictures", "PSNR-Y", "SSIM-Y", "LPIPS"], rows)])

    def diagnoses(self) -> str:
        rows = []
        for run in self.started(PAPER):
            try:
                found = json.loads((self.output / run.name / "diagnosis.json").read_text())["diagnosis"]
            except (OSError, ValueError, KeyError):
                continue
            gates = found["gates"]
            deviations = [layer["deviation"] for layer in gates]
            rows.append([f"`{run.name}`", " / ".join(number(shift, 3) for shift in found["colour_shift"])] + ([
                number(sum(deviations) / len(deviations), 5), number(max(deviations), 5),
                number(max(layer["largest_deviation"] for layer in gates), 5),
                f"{number(min(layer['mean'] for layer in gates), 3)} to {number(max(layer['mean'] for layer in gates), 3)}",
            ] if gates else ["no attention", "", "", ""]))
        if not rows:
            return ""
        return "\n".join([
            "## Colours and attention", "",
            "The best weights, over the validation faces, by `srdist evaluate --diagnose`. The shift of colours is the mean of the "
            "results less that of the inputs, in steps of 1/255. A gate is a number from 0 to 1 by which attention multiplies a "
            "channel. Its standard deviation over the faces says how far it depends on the picture: with 0, attention is a constant.",
            "", *markdown(["run", "shift of red / green / blue", "deviation of gates, mean of the blocks", "of the most active block",
                           "of the most active channel", "mean gates of the blocks"], rows)])

    def shown(self, word: str) -> str:
        """A word of a command, without the folders of the machine on which it ran."""
        options = self.options
        if word == options.program or word.endswith("/srdist"):
            return "srdist"
        for folder, name in ((self.output, "runs/paper"), (options.weights_dir, "weights")):
            for form in (str(folder), str(folder.resolve())):
                if word == form or word.startswith(form + "/"):
                    return name + word[len(form):]
        return word

    def commands(self) -> str:
        lines = ["## Commands", ""]
        for run in self.runs:
            records = self.records[run.name]
            if not records:
                continue
            note = self.note(run)
            if not note:
                continue
            last = records[-1]
            total = sum(record["seconds"] for record in records)
            lines += [
                f"`{run.name}`, epoch {last['epoch']} of {self.epochs_of(run)}, {total / 60:.0f} minutes on {note['machine']}; weights_sha256 "
                f"`{last.get('weights_sha256', '')}`:", "", "```", shlex.join(self.shown(word) for word in note["command"]), "```", ""]
        return "\n".join(lines).strip() if len(lines) > 2 else ""


def summary(found: dict) -> list[str]:
    """PSNR, SSIM and LPIPS of `srdist evaluate --json`, with bicubic's in brackets."""
    mean, bicubic = found.get("metrics", {}), found.get("bicubic", {})
    return [
        f"{number(mean.get(key), count)} ({number(bicubic.get(key), count)})" if key in mean else ""
        for key, count in (("psnr", 2), ("ssim", 4), ("lpips", 4))]


def draw(options, output: Path, runs: list[Run]) -> None:
    """Draws the figures by `srdist report`. Without gnuplot, the curves' script stays."""
    named = [str(output / run.name) for run in runs if run.group == PAPER and epochs(output / run.name)]
    if not named:
        return
    report(options, [*named, "--faces", str(output / "figure-1.png"), "--overwrite"])
    variants = [folder for folder in named if Path(folder).name in VARIANTS]
    if variants:
        report(options, [*variants, "--separate", "--output", str(output / "curves")])
        if (output / "curves" / "curves.png").exists():
            os.replace(output / "curves" / "curves.png", output / "figure-4.png")


def report(options, given: list[str]) -> None:
    command = [options.program, "report", *given]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        print(f"reproduce-paper: warning: {shlex.join(command)}: {result.stderr.strip()}", flush=True)


def write(options, output: Path, runs: list[Run], epochs_of, done) -> None:
    """Writes RESULTS.md and its pictures of what is there."""
    output.mkdir(parents=True, exist_ok=True)
    draw(options, output, runs)
    text = Results(options, output, runs, epochs_of, done).text()
    temporary = output / ".RESULTS.md.part"
    temporary.write_text(text)
    os.replace(temporary, output / "RESULTS.md")
