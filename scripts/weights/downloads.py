"""Downloads files from PyTorch's model hub and wheels from PyPI. Refuses a file without the requested SHA-256."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

HUB = "https://download.pytorch.org/models"
# After this many seconds without a byte the hub counts as unreachable.
PATIENCE = 20


class Unreachable(Exception):
    """The source does not answer, or does not have the file."""


class Corrupted(Exception):
    """The download is not the requested file."""


def hub_file(name: str, sha256: str, folder: Path) -> Path:
    """Downloads a file of the model hub."""
    url = f"{HUB}/{name}"
    file = folder / name
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer, file.open("wb") as stream:
            while block := answer.read(1 << 20):
                digest.update(block)
                stream.write(block)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise Unreachable(f"{url} cannot be reached ({getattr(error, 'reason', error)})") from None
    if digest.hexdigest() != sha256:
        raise Corrupted(f"{url} came with SHA-256 {digest.hexdigest()} instead of {sha256}; nothing was kept")
    return file


def wheel(package: str, version: str, sha256: str, folder: Path) -> Path:
    """Downloads a wheel with pip, which knows the configured package index."""
    requirement = f"{package}=={version}"
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary", ":all:", "--no-cache-dir", "--require-hashes", "--ignore-requires-python"),
        *("--requirement", str(requirements), "--dest", str(folder)),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        if "No module named pip" in done.stderr:
            raise Unreachable(f"{sys.executable} has no pip (Debian: apt-get install python3-pip)")
        if "DO NOT MATCH THE HASHES" in done.stderr:
            raise Corrupted(f"{requirement} came with another SHA-256 than {sha256}; nothing was kept")
        reason = done.stderr.strip().splitlines()
        raise Unreachable(f"pip cannot download {requirement}: {reason[-1] if reason else done.returncode}")
    return next(folder.glob("*.whl"))
