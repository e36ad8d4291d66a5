"""What a command is given to read: files, the files of a directory, standard input; each by name, opened when it is its turn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

STANDARD_INPUT = "-"
_ENDINGS = (".jsonl", ".ndjson", ".json", ".pb", ".bin", ".binpb", ".otlp")


class Source(NamedTuple):
    """Bytes to be read once, wherever they lie."""

    name: str
    """As reports name it."""
    open: Callable[[], AbstractContextManager[BinaryIO]]
    """Raises OSError where it cannot be read, then or while it is."""
    path: Path | None = None
    """Where it lies; None where it is no file here."""


class RefusedFile(NamedTuple):
    """A file, or a part of it, that was not booked."""

    file: str
    reason: str


def sources_of(paths: Iterable[str | Path]) -> tuple[list[Source], list[RefusedFile]]:
    """Return what there is to read, each once and by the order of names, and what is missing.

    Args:
        paths: files, directories (the files in them that end like spans do), `-` for standard input.
    """
    found: dict[str, Source] = {}
    missing = []
    for given in paths:
        path = Path(given)
        if str(given) == STANDARD_INPUT:
            found[STANDARD_INPUT] = Source(STANDARD_INPUT, _standard_input)
        elif path.is_dir():
            found.update(
                {str(file): source_of(file) for file in path.rglob("*") if _is_spans(file)}
            )
        elif path.is_file():
            found[str(path)] = source_of(path)
        else:
            missing.append(RefusedFile(str(path), "there is no such file"))
    return [found[name] for name in sorted(found)], missing


def source_of(path: Path) -> Source:
    """Return a file as something to read."""
    return Source(str(path), partial(_file, path), path)


def _file(path: Path) -> AbstractContextManager[BinaryIO]:
    return path.open("rb")


def _standard_input() -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer)  # others may read on


def _is_spans(file: Path) -> bool:
    return file.is_file() and file.name.removesuffix(".gz").endswith(_ENDINGS)
