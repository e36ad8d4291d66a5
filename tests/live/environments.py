"""Each emitter in an environment of its own, under .live/: their requirements contradict one another."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import uv

from tests.live.emitters import Emitter

ROOT = Path(__file__).parents[2]
_ENVIRONMENTS = ROOT / ".live"
_OURS = ("--editable", str(ROOT), "opentelemetry-exporter-otlp-proto-common>=1.28")


class NotInstallableError(Exception):
    """The packages cannot be had here: not for this Python, or no index to take them from."""


def python_of(emitter: Emitter) -> Path:
    """Return the interpreter of an emitter's environment, made where it is missing or its table row changed.

    Raises:
        NotInstallableError: with the installer's own last words.
    """
    return python_with(emitter.name, (*_OURS, *emitter.requires))


def python_with(name: str, requires: tuple[str, ...]) -> Path:
    """Return the interpreter of an environment, made where it is missing or other packages are wanted.

    Raises:
        NotInstallableError: with the installer's own last words.
    """
    home = _ENVIRONMENTS / name
    python, ready = home / "bin" / "python", home / ".ready"
    wanted = _digest(requires)
    if not ready.is_file() or ready.read_text(encoding="utf-8") != wanted:
        _uv("venv", "--clear", "--python", sys.executable, str(home))
        _uv("pip", "install", "--python", str(python), *requires)
        ready.write_text(wanted, encoding="utf-8")
    return python


def _digest(requires: tuple[str, ...]) -> str:
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return hashlib.sha256("\n".join((sys.version, ours, *requires)).encode()).hexdigest()


def _uv(*arguments: str) -> None:
    ran = subprocess.run(
        [uv.find_uv_bin(), "--quiet", *arguments],
        env=os.environ | {"UV_CACHE_DIR": str(_ENVIRONMENTS / ".cache")},
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise NotInstallableError(ran.stderr.strip())
