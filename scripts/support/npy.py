"""Arrays of NumPy's .npy files, without NumPy."""

from __future__ import annotations

import ast
import shutil
import struct
from pathlib import Path

MAGIC = b"\x93NUMPY\x01\x00"


def copy_last(source: Path, target: Path, count: int) -> None:
    """Writes the last rows (along the first dimension) of a C-ordered array of bytes, such as srdist prepare's."""
    with open(source, "rb") as file:
        start = file.read(len(MAGIC))
        if start != MAGIC:
            raise ValueError(f"{source} is not a .npy file of version 1.0")
        header = ast.literal_eval(file.read(*struct.unpack("<H", file.read(2))).decode("latin-1"))
        first = file.tell()
        rows, *rest = header["shape"]
        if header["descr"] not in ("|u1", "<u1") or header["fortran_order"] or not 0 < count <= rows:
            raise ValueError(f"{source} is {header}; expected C-ordered uint8 with at least {count} rows")
        row = 1
        for side in rest:
            row *= side
        file.seek(first + (rows - count) * row)
        with open(target, "wb") as copy:
            text = repr({**header, "shape": (count, *rest)})
            # The array begins at a multiple of 64 bytes.
            text += " " * (-(len(MAGIC) + 2 + len(text) + 1) % 64) + "\n"
            copy.write(MAGIC + struct.pack("<H", len(text)) + text.encode("latin-1"))
            shutil.copyfileobj(file, copy)
