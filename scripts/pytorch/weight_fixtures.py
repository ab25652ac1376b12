"""Makes Tests/SRCheckpointTests/Fixtures/torch, and seeds of Tests/Fuzz/Corpus/pickle.

Small files of torch.save: sound ones, and hostile ones that must be refused. expected.json has the
version of PyTorch and, for each sound file, the tensors that a reader must find: name, type, shape,
and SHA-256 of the values as little-endian float32, row-major.
"""

from __future__ import annotations

import collections
import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Tests/SRCheckpointTests/Fixtures/torch"
SEEDS = ROOT / "Tests/Fuzz/Corpus/pickle"


def network() -> nn.Module:
    torch.manual_seed(18)
    net = nn.Module()
    net.conv1 = nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU())
    return net


def saved(value: object, **options: object) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def checkpoint() -> dict:
    """What a training script keeps beside the weights."""
    net = network()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    net.conv1(torch.ones(1, 3, 3, 3)).sum().backward()
    optimizer.step()
    state = net.state_dict()
    averaged = collections.OrderedDict((f"module._orig_mod.{k}", v / 2) for k, v in state.items())
    return {
        "epoch": 3,
        "best": None,
        "done": True,
        "seed": 1 << 80,
        "negative": -300,
        "loss": [0.5, {"l1": 1e-3}],
        "name": "a net",
        "size": torch.Size([3, 4]),
        "device": torch.device("cpu"),
        "seen": {1, 2},
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "params": state,
        "params_ema": averaged,
    }


def views() -> dict[str, torch.Tensor]:
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    return {
        "whole": base,
        "transposed": base.permute(2, 0, 1),
        "sliced": base[:, 1:, ::2],
        "row": base[1, 2],
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "repeated": torch.tensor([1.5]).expand(2, 3),
    }


def types() -> dict[str, torch.Tensor]:
    values = torch.tensor([0.1, -2.0, 65504.0, 1e-7])
    return {
        "float": values,
        "double": values.double(),
        "half": values.half(),
        "bfloat16": values.bfloat16(),
    }


def gan() -> dict:
    state = network().state_dict()
    names = {f"netG.{k}": v for k, v in state.items()} | {"netD.weight": torch.ones(2)}
    return {"state_dict": names, "epoch": 1}


SOUND = {
    "plain": lambda: saved(network().state_dict()),
    "parameters": lambda: saved(dict(network().named_parameters())),
    "protocol3": lambda: saved(network().state_dict(), pickle_protocol=3),
    "protocol4": lambda: saved(network().state_dict(), pickle_protocol=4),
    "protocol5": lambda: saved(network().state_dict(), pickle_protocol=5),
    "checkpoint": lambda: saved(checkpoint()),
    "views": lambda: saved(views()),
    "types": lambda: saved(types()),
    "gan": lambda: saved(gan()),
    "deflated": lambda: zipped(members(saved(network().state_dict())), zipfile.ZIP_DEFLATED),
}
KEYS = {"checkpoint": ("params_ema", "module._orig_mod."), "gan": ("state_dict", "netG.")}


def expected(name: str) -> list[dict]:
    # The restricted reader of PyTorch knows protocol 2 alone.
    value = torch.load(FOLDER / f"{name}.pth", weights_only=False)
    key, prefix = KEYS.get(name, (None, ""))
    state = value[key] if key else value
    kinds = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16"}
    return [
        {
            "name": tensor_name.removeprefix(prefix),
            "dtype": kinds[tensor.dtype],
            "shape": list(tensor.shape),
            "sha256": hashlib.sha256(
                tensor.detach().float().contiguous().numpy().astype("<f4").tobytes()
            ).hexdigest(),
        }
        for tensor_name, tensor in state.items()
        if tensor_name.startswith(prefix)
    ]


class Code:
    """Calls a function when it is unpickled."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.call


def archive(pickled: bytes) -> bytes:
    return zipped({"archive/data.pkl": pickled, "archive/version": b"3\n"})


def overlapping() -> bytes:
    """Two names for the same bytes."""
    content = zipped({"archive/data.pkl": pickle.dumps({}, 2), "archive/data/0": bytes(4096)})
    end = content.rindex(b"PK\5\6")
    count, _, size, start = struct.unpack("<HHII", content[end + 8 : end + 20])
    last = content.rindex(b"PK\1\2")
    again = content[last:end].replace(b"archive/data/0", b"archive/data/1")
    total = struct.pack("<HHII", count + 1, count + 1, size + len(again), start)
    return content[:end] + again + content[end : end + 8] + total + content[end + 20 :]


def many_files() -> bytes:
    """Announces a billion files."""
    content = zipped({"archive/data.pkl": pickle.dumps({}, 2)})
    end = content.rindex(b"PK\5\6")
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 30, 1 << 30, 46 << 30, 0
    )
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    tail = content[end : end + 8] + b"\xff" * 12 + content[end + 20 :]
    return content[:end] + record + locator + tail


def old() -> bytes:
    """The beginning of a file of PyTorch before 1.6. The rest differs from run to run."""
    content = saved({"weight": torch.ones(1)}, _use_new_zipfile_serialization=False)
    return content[: content.index(b"weight")]


def scripted() -> bytes:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.PReLU()), stream)
    return stream.getvalue()


def big_endian() -> bytes:
    content = members(saved({"weight": torch.ones(1)}))
    return zipped({k: b"big" if k.endswith("byteorder") else v for k, v in content.items()})


def outside() -> bytes:
    """A tensor that reaches past its storage."""
    content = members(saved({"weight": torch.ones(4)}))
    return zipped({k: v.replace(b"K\4\x85", b"K\5\x85") for k, v in content.items()})


def repeated() -> bytes:
    """A tensor of 2^40 elements over a single one."""
    return saved({"weight": torch.ones(1).expand(1 << 20, 1 << 20)})


HOSTILE = {
    "call": lambda: saved({"weight": torch.ones(1), "x": Code(os.system, "touch /tmp/executed")}),
    "call4": lambda: saved({"x": Code(os.system, "touch /tmp/executed")}, pickle_protocol=4),
    "instance": lambda: archive(b"\x80\x02(X\1\0\0\0xios\nsystem\n."),
    "build": lambda: archive(b"\x80\x02}X\1\0\0\0a}b."),
    "extension": lambda: archive(b"\x80\x02\x82\x01."),
    "module": lambda: saved(nn.PReLU()),
    "bomb": lambda: zipped(
        {"archive/data.pkl": pickle.dumps({}, 2), "archive/data/0": bytes(18 << 20)},
        zipfile.ZIP_DEFLATED,
    ),
    "overlapping": overlapping,
    "many": many_files,
    "script": scripted,
    "old": old,
    "big-endian": big_endian,
    "outside": outside,
    "repeated": repeated,
    "list": lambda: saved([torch.ones(1)]),
    "empty": lambda: zipped({"archive/data.pkl": b""}),
    "picture": lambda: zipped({"photo.png": b"x"}),
}  # fmt: skip


def main() -> None:
    for folder in (FOLDER, SEEDS):
        folder.mkdir(parents=True, exist_ok=True)
    sizes = 0
    for name, make in (SOUND | HOSTILE).items():
        path = FOLDER / f"{name}.pth"
        path.write_bytes(make())
        sizes += path.stat().st_size
    content = {"torch": torch.__version__, "files": {name: expected(name) for name in SOUND}}
    (FOLDER / "expected.json").write_text(json.dumps(content, indent=1) + "\n")
    for name in ("plain", "protocol4", "checkpoint", "views", "call", "build", "extension"):
        for member, data in members((FOLDER / f"{name}.pth").read_bytes()).items():
            if member.endswith("data.pkl"):
                (SEEDS / f"{name}.pkl").write_bytes(data)
    print(f"{FOLDER}: {sizes} bytes in {len(SOUND | HOSTILE)} files")


if __name__ == "__main__":
    main()
