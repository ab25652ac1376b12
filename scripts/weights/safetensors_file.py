"""Writes safetensors files of float32 tensors."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Tensor(NamedTuple):
    shape: tuple[int, ...]
    # Of type "f", row-major.
    values: array


def write_safetensors(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Replaces the file in one move."""
    header: dict[str, object] = {"__metadata__": metadata}
    offset = 0
    for name, tensor in sorted(tensors.items()):
        count = 1
        for size in tensor.shape:
            count *= size
        if count != len(tensor.values):
            raise ValueError(f"{name} has {len(tensor.values)} values for shape {tensor.shape}")
        end = offset + 4 * count
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replacing(file) as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in sorted(tensors.items()):
            values = tensor.values
            if sys.byteorder == "big":
                values = array("f", values)
                values.byteswap()
            stream.write(values.tobytes())


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """A stream to a file of a name that nobody can guess. At the end, the file takes the place of `file`."""
    pattern = re.compile(re.escape(f".{file.name}.") + "[0-9a-f]{16}")
    for path in file.parent.iterdir():
        if pattern.fullmatch(path.name):
            remove_unless_locked(path)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unless_locked(path: Path) -> None:
    """Removes what a killed program left. A program that still writes the file has it locked."""
    # Without a lock, or if the file cannot be opened, it stays.
    with contextlib.suppress(OSError), open(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
