"""Faults of the operating system while srdist prepares, trains and resumes. See scripts/test-faults."""

import argparse
import hashlib
import json
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import zlib

# The errors that each call may meet on a broken disk, a network file system or a full one.
LOOK = ["EIO", "ENOMEM", "EINTR", "EACCES", "ESTALE"]
ERRORS = {
    "openat": LOOK + ["EMFILE", "ENOSPC"],
    "newfstatat": LOOK,
    "statx": LOOK,
    "fstat": LOOK,
    "statfs": LOOK,
    "getdents64": ["EIO", "ENOMEM", "EINTR", "ESTALE"],
    "read": ["EIO", "ENOMEM", "EINTR", "ESTALE"],
    "pread64": ["EIO", "ENOMEM", "EINTR", "ESTALE"],
    "write": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "pwrite64": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "ftruncate": ["EIO", "ENOSPC", "EINTR"],
    "fsync": ["EIO", "ENOSPC", "EINTR", "ESTALE"],
    "close": ["EIO", "ENOSPC", "EINTR"],
    "rename": ["EIO", "ENOSPC", "EACCES", "EINTR", "ESTALE"],
    "renameat2": ["EIO", "ENOSPC", "EACCES", "EINTR", "ESTALE"],
    "unlink": ["EIO", "EACCES", "EBUSY", "EINTR", "ESTALE"],
    "unlinkat": ["EIO", "EACCES", "EBUSY", "EINTR", "ESTALE"],
    "rmdir": ["EIO", "EACCES", "EBUSY", "ENOTEMPTY", "EINTR"],
    "mkdir": ["EIO", "ENOSPC", "EACCES", "EINTR"],
    "mmap": ["ENOMEM", "EACCES"],
    "flock": ["EIO", "EINTR", "ENOLCK"],
    "fcntl": ["EIO", "EMFILE", "EINTR"],
}
# A program that hangs is ended after so many seconds, which is far more than the slowest machine needs.
TIME_LIMIT = 1800

parser = argparse.ArgumentParser()
parser.add_argument("--program", required=True)
parser.add_argument("--points", type=int, required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--mounts", action="store_true", help="this process may mount file systems")
parser.add_argument("work", type=pathlib.Path, help="an empty folder")
options = parser.parse_args()
work = options.work.resolve()
chance = random.Random(options.seed)


def say(text):
    print(f"test-faults: {text}", flush=True)


class Failed(Exception):
    """The program did what it must not do."""


class Ended:
    """A program that has run to its end."""

    def __init__(self, command):
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT)
        self.status, self.errors = run.returncode, run.stderr
        if self.status < 0 or self.status >= 128:
            number = -self.status if self.status < 0 else self.status - 128
            raise Failed(f"ended by {signal.Signals(number).name}\n{self.errors}")

    def expect_success(self, what):
        if self.status != 0:
            raise Failed(f"{what} ended with status {self.status}\n{self.errors}")

    def expect_named_error(self):
        lines = [line for line in self.errors.splitlines() if line.lower().startswith(("srdist: error:", "error:"))]
        if len(lines) != 1 or str(work) not in self.errors:
            raise Failed(f"status {self.status}, and no single error line that names the file\n{self.errors}")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_picture(path, side, seed):
    """Writes a PNG of smooth colours."""
    rows = b""
    for y in range(side):
        rows += b"\0" + bytes((x * (seed + c + 1) + y * (seed + 2 * c)) % 256 for x in range(side) for c in range(3))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def sound_step(checkpoint):
    """The step of a checkpoint whose files have their recorded hashes; None for any other folder."""
    try:
        records = json.loads((checkpoint / "checksums.json").read_text())["files"]
        if any(digest(checkpoint / name) != record["sha256"] for name, record in records.items()):
            return None
        return json.loads((checkpoint / "state.json").read_text())["step"]
    except (OSError, ValueError, KeyError):
        return None


class Training:
    """A run, from its start or from its checkpoints."""

    def __init__(self, name, output, more=(), kept=None):
        self.name, self.output, self.kept = name, output, kept
        self.command = [
            options.program, "train", "--model", "vanilla", "--features", "16", "--blocks", "1", "--loss", "mse=1",
            "--data", str(data), "--batch-size", "2", "--epochs", "2", "--samples", "1", "--threads", "1",
            "--checkpoint-every", "1", "--weights-dir", str(work), "--output", str(output), *more,
        ]  # fmt: skip

    def sound_checkpoints(self):
        """Steps by name. One that moved aside counts under its own name."""
        found = {}
        for path in (self.output / "checkpoints").glob("*"):
            step = sound_step(path)
            if step is not None and ".tmp-" not in path.name:
                name = path.name.lstrip(".").split(".replaced-")[0]
                found[name] = max(step, found.get(name, 0))
        return found

    def outcome(self):
        """What every undisturbed end has in common."""
        log = (self.output / "metrics.jsonl").read_text()
        table = (self.output / "metrics.csv").read_text().splitlines()
        seconds = table[0].split(",").index("seconds")
        return {
            "log": re.sub(r'"(images_per_second|seconds)":[^,}]*', "", log),
            "table": [[cell for column, cell in enumerate(row.split(",")) if column != seconds] for row in table],
            "weights": re.findall(r'"weights_sha256":"(\w+)"', log)[-1],
            "checkpoints": self.sound_checkpoints(),
            "best": digest(self.output / "checkpoints/best/model.safetensors"),
            "files": sorted(path.name for folder in ("", "checkpoints", "samples")
                            for path in (self.output / folder).iterdir()),
        }

    def check_kept(self, before, after):
        """Fails if something sound is gone: the newest checkpoint, or the one that the command names."""
        if not before:
            return
        if self.kept:
            if self.kept not in after:
                raise Failed(f"{self.kept} is gone; before: {before}, after: {after}")
        elif max(after.values(), default=-1) < max(before.values()) or ("best" in before and "best" not in after):
            raise Failed(f"sound checkpoints are gone; before: {before}, after: {after}")

    def check(self, ended, before):
        self.check_kept(before, self.sound_checkpoints())
        # The folder is flushed after the checkpoint has its name.
        if re.search(r"was not written.*cannot flush \S+/checkpoints:", ended.errors):
            raise Failed(f"the checkpoint was written\n{ended.errors}")
        if ended.status == 0:
            found = self.outcome()
            # What could not be removed goes with the next start.
            if {**found, "files": 0, "checkpoints": 0} != {**self.expected, "files": 0, "checkpoints": 0}:
                raise Failed(f"another outcome: {found}\nexpected: {self.expected}\n{ended.errors}")
        else:
            ended.expect_named_error()
        again = Ended(self.command)
        again.expect_success("the undisturbed run after it")
        found = self.outcome()
        kept = set(self.expected["files"]) <= set(found["files"])
        hidden = [name for name in found["files"] if ".tmp-" in name or ".replaced-" in name]
        if not kept or hidden or {**found, "files": 0, "checkpoints": 0} != {**self.expected, "files": 0, "checkpoints": 0}:
            raise Failed(f"another outcome afterwards: {found}\nexpected: {self.expected}\n{again.errors}")
        if not set(self.expected["checkpoints"].items()) <= set(found["checkpoints"].items()):
            raise Failed(f"other checkpoints afterwards: {found['checkpoints']}")


class Preparation:
    """Arrays made of pictures, in an empty folder or over earlier arrays."""

    def __init__(self, name, output, more=()):
        self.name, self.output = name, output
        self.command = [
            options.program, "prepare", "--input", str(pictures), "--output", str(output), "--train", "4", "--valid", "1", "--resize", "64",
            "--crop", "48", "--threads", "1", *more,
        ]  # fmt: skip

    def sound_checkpoints(self):
        return {}

    def outcome(self):
        # A lock's file does no harm if it stays.
        files = [path for path in sorted(self.output.iterdir()) if path.is_file() and path.name != ".lock"]
        return {path.name: digest(path) for path in files}

    def check_whole(self):
        """Fails if there is a manifest, and the arrays are not those that it describes."""
        manifest = self.output / "manifest.json"
        if manifest.exists():
            for array in json.loads(manifest.read_text())["arrays"]:
                path = self.output / array["file"]
                if not path.exists() or digest(path) != array["sha256"]:
                    raise Failed(f"{path} is not what the manifest says")

    def check(self, ended, before):
        del before
        self.check_whole()
        if ended.status == 0:
            if self.outcome() != self.expected:
                raise Failed(f"another outcome: {self.outcome()}\nexpected: {self.expected}\n{ended.errors}")
        else:
            ended.expect_named_error()
        again = Ended([*self.command, *([] if "--force" in self.command else ["--force"])])
        again.expect_success("the undisturbed preparation after it")
        if self.outcome() != self.expected:
            raise Failed(f"another outcome afterwards: {self.outcome()}\nexpected: {self.expected}")


class Stage:
    """A scenario, and the folder that it starts from."""

    def __init__(self, scenario, start=None):
        self.scenario, self.start = scenario, start
        self.reset()
        ended = Ended(scenario.command)
        ended.expect_success(f"the undisturbed {scenario.name}")
        scenario.expected = scenario.outcome()
        self.pairs = self.candidates()

    def reset(self):
        shutil.rmtree(self.scenario.output, ignore_errors=True)
        if self.start:
            shutil.copytree(self.start, self.scenario.output, symlinks=True)

    def traced(self, calls, *more):
        log = work / "strace.log"
        command = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", str(log), "-e", f"trace={calls}", *more]
        ended = Ended([*command, *self.scenario.command])
        return ended, log.read_text(errors="replace").splitlines()

    def candidates(self):
        """Each call of the main thread on a path of this test, with each error: (call, count, error), the calls in turn."""
        self.reset()
        ended, lines = self.traced(",".join(f"?{call}" for call in ERRORS))
        ended.expect_success(f"the traced {self.scenario.name}")
        main = lines[0].split()[0]
        counts, found = {}, {}
        for line in lines:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if not match or match[1] != main:
                continue
            call = match[2]
            counts[call] = counts.get(call, 0) + 1
            if str(work) in line and " = -1 " not in line:
                found.setdefault(call, []).extend((call, counts[call], error) for error in ERRORS[call])
        for pairs in found.values():
            chance.shuffle(pairs)
        say(f"{self.scenario.name}: " + ", ".join(f"{len(p) // len(ERRORS[c])} {c}" for c, p in sorted(found.items())))
        turns = max(len(pairs) for pairs in found.values())
        return [pairs[turn] for turn in range(turns) for pairs in found.values() if turn < len(pairs)]

    def disturb(self, call, count, error):
        """Injects one fault. Returns whether it struck a path of this test."""
        self.reset()
        before = self.scenario.sound_checkpoints()
        ended, lines = self.traced(call, "-e", f"inject={call}:error={error}:when={count}")
        struck = [line for line in lines if "(INJECTED)" in line]
        if not any(str(work) in line for line in struck):
            return False
        try:
            self.scenario.check(ended, before)
        except Failed as failure:
            raise Failed(f"{struck[0]}\n{failure}") from None
        return True

    def run_without_folder_flushes(self, error):
        """Runs on a file system that cannot flush folders, and fails unless the run ends well."""
        self.reset()
        before = self.scenario.sound_checkpoints()
        names = ["", "/checkpoints", "/samples"]
        paths = [option for name in names for option in ("-P", f"{self.scenario.output}{name}")]
        ended, lines = self.traced("fsync", *paths, "-e", f"inject=fsync:error={error}")
        if not any("(INJECTED)" in line for line in lines):
            raise Failed("no folder was flushed")
        ended.expect_success(f"the {self.scenario.name} without flushes of folders")
        self.scenario.check(ended, before)

    def fill(self, size):
        """Runs on a file system of so many bytes, then gives it room. Returns whether the first run failed."""
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(work / "disk")]
        subprocess.run(mount, check=True)
        try:
            self.reset()
            before = self.scenario.sound_checkpoints()
            ended = Ended(self.scenario.command)
            if ended.status != 0 and "No space left on device" not in ended.errors:
                raise Failed(f"another error than that of a full disk\n{ended.errors}")
            subprocess.run(["mount", "-o", "remount,size=64m", str(work / "disk")], check=True)
            self.scenario.check(ended, before)
            return ended.status != 0
        finally:
            subprocess.run(["umount", str(work / "disk")], check=True)


def bytes_in(folder):
    return sum((path.stat().st_size + 4095) // 4096 * 4096 for path in folder.rglob("*") if path.is_file())


failures = []


def attempt(what, body):
    try:
        return body()
    except Failed as failure:
        failures.append(what)
        say(f"FAILED: {what}: {failure}")
    except subprocess.TimeoutExpired:
        failures.append(what)
        say(f"FAILED: {what}: hangs")
    return True


pictures, data, run, base = work / "pictures", work / "data", work / "run", work / "base"
pictures.mkdir()
for index in range(6):
    write_picture(pictures / f"{index}.png", 72, index + 1)
Ended(Preparation("data", data).command).expect_success("the preparation")

# A run that was stopped in its second epoch, with what killed programs leave.
Ended(Training("base", run, ["--max-steps", "3"]).command).expect_success("the run to resume")
checkpoints = run / "checkpoints"
shutil.copytree(checkpoints / "best", checkpoints / ".best.replaced-0123456789abcdef")
shutil.copytree(checkpoints / "best", checkpoints / ".step-00000004.tmp-0123456789abcdef")
shutil.copytree(run, base)
old = work / "old"
Ended(Preparation("old", old, ["--seed", "9"]).command).expect_success("the earlier preparation")

resuming = [
    Stage(Training("resume", run), base),
    Stage(Training("resume from an earlier step", run,
                   ["--resume", f"{run}/checkpoints/step-00000001", "--keep-checkpoints", "9"], "step-00000001"), base),
]  # fmt: skip
others = [
    Stage(Training("train", run)),
    Stage(Preparation("prepare", work / "prepared")),
    Stage(Preparation("prepare over earlier arrays", work / "prepared", ["--force"]), old),
]
for stage in resuming + others:
    for error in ("EINVAL", "EOPNOTSUPP"):
        attempt(f"{stage.scenario.name}: {error} from each flush of a folder", lambda: stage.run_without_folder_flushes(error))
# Two thirds of the points while resuming, one third in all else.
for stages, points in ((resuming, options.points * 2 // 3), (others, options.points - options.points * 2 // 3)):
    queues = [(stage, iter(stage.pairs)) for stage in stages]
    done = 0
    while done < points and queues:
        for queue in list(queues):
            stage, pairs = queue
            pair = next(pairs, None)
            if pair is None:
                queues.remove(queue)
            elif done < points:
                name = f"{stage.scenario.name}: {pair[2]} from {pair[0]} number {pair[1]}"
                done += bool(attempt(name, lambda: stage.disturb(*pair)))
    say(f"{done} faults while: " + ", ".join(stage.scenario.name for stage in stages))

if options.mounts:
    (work / "disk").mkdir()
    full = 0
    sizes = max(3, min(20, options.points // 12))
    filled = [
        (Training("train on a full disk", work / "disk/run"), None, run),
        (Training("resume on a full disk", work / "disk/run"), base, run),
        (Preparation("prepare on a full disk", work / "disk/prepared"), None, work / "prepared"),
    ]
    for scenario, start, example in filled:
        least = (bytes_in(start) * 9 // 8 if start else 0) + 65536
        most = least + bytes_in(example)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(work / "disk")], check=True)
        try:
            stage = Stage(scenario, start)
        finally:
            subprocess.run(["umount", str(work / "disk")], check=True)
        for size in range(sizes):
            size = least + (most - least) * size // sizes // 4096 * 4096
            full += bool(attempt(f"{scenario.name} of {size} bytes", lambda: stage.fill(size)))
    say(f"{full} runs ended by a full disk")
    if full == 0:
        failures.append("no disk was full")

if failures:
    sys.exit(f"test-faults: {len(failures)} FAILED; repeat them with seed {options.seed}")
