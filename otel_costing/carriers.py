"""Figures that stand only inside a document: opened late, limited in size and depth, never trusted."""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from typing import Any

from otel_costing.dialects import Carrier, Path
from otel_costing.spans import Attributes

LARGEST_JSON = 256 * 1024
LARGEST_PYTHON = 16 * 1024
_DEEPEST = 40
_LONGEST_FIGURE = 128


def fill(found: dict[str, Any], carrier: Carrier, attributes: Attributes) -> bool:
    """Fill the fields of `found` that no attribute has filled; True where the carrier's classes are disjoint."""
    if any(attributes.get(name) != value for name, value in carrier.only_if):
        return False
    document = _open(carrier, attributes.get(carrier.attribute))
    if document is None:
        return False
    for field, paths in carrier.fields:
        if field not in found:
            value = _first(document, paths)
            if value is not None:
                found[field] = value
    return _first(document, carrier.disjoint_if) is not None


def without_content(carrier: Carrier, text: object) -> str | None:
    """Return a carrier's document with nothing left in it but the figures the table reads, None where it has none.

    `fill` finds in it what it finds in `text`: a record that must hold no prompt or completion is read to the same
    usage as its span.
    """
    document = _open(carrier, text)
    paths = (*carrier.disjoint_if, *(path for _, paths in carrier.fields for path in paths))
    kept: dict[str, Any] = {}
    for path in paths:
        value = _at(document, path)
        if isinstance(value, str | int | float) and len(str(value)) <= _LONGEST_FIGURE:
            _put(kept, path, value)
    if not kept:
        return None
    if not any(hint.strip('"') in str(kept) for hint in carrier.hints):
        # A document is opened for its hints, and all of them stood in what is gone.
        kept[carrier.hints[0].strip('"')] = None
    return json.dumps(kept, separators=(",", ":")) if carrier.format == "json" else repr(kept)


def _put(document: Any, path: Path, value: object) -> None:
    """Set `value` at `path`, making the objects and lists on the way."""
    for step, following in pairwise(path):
        if isinstance(document, list):
            _reach(document, step)
        elif step not in document:
            document[step] = None
        if document[step] is None:
            document[step] = [] if isinstance(following, int) else {}
        document = document[step]
    if isinstance(document, list):
        _reach(document, path[-1])
    document[path[-1]] = value


def _reach(items: list[Any], position: int | str) -> None:
    items.extend([None] * (int(position) + 1 - len(items)))


def _open(carrier: Carrier, text: object) -> Any:
    largest = LARGEST_JSON if carrier.format == "json" else LARGEST_PYTHON
    if not isinstance(text, str) or len(text) > largest:
        return None
    if not any(hint in text for hint in carrier.hints):
        return None
    return _json(text) if carrier.format == "json" else _python(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# The parser warns its process of odd text, be it refused or not: names, calls and escapes that `repr` never writes.
_PLAIN = re.compile(
    r"""(?:
        [\s{}\[\](),:]
        | (?<![\w.])-?[0-9]{1,40}+(?:\.[0-9]{1,40}+)?+(?:[eE][-+]?[0-9]{1,3}+)?+(?![\w.])
        | \b(?:None|True|False)\b
        | '(?:[^'\\\n]|\\(?:[\\'"nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}))*+'
        | "(?:[^"\\\n]|\\(?:[\\'"nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}))*+"
    )*+""",
    re.VERBOSE | re.ASCII,
)


def _python(text: str) -> Any:
    if _depth(text) > _DEEPEST or _PLAIN.fullmatch(text) is None:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth -= 1
    return deepest


def _first(document: Any, paths: tuple[Path, ...]) -> Any:
    for path in paths:
        value = _at(document, path)
        if value is not None:
            return value
    return None


def _at(document: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            document = (
                document[step] if isinstance(document, list) and step < len(document) else None
            )
        else:
            document = document.get(step) if isinstance(document, dict) else None
        if document is None:
            return None
    return document
