"""YAML a person wrote -> values that know their line, and every mistake of form as a problem.

Read from events, so that a wrong file is told apart by line, duplicate keys are seen and nothing is ever
built from a tag or an alias.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from otel_costing.problems import Problem

_LARGEST_FILE_BYTES = 4 * 1024 * 1024
_DEEPEST = 12
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(NamedTuple):
    """One written value, unconverted: `2.50` and `"2.50"` differ in `plain`."""

    text: str
    plain: bool
    line: int

    @property
    def is_null(self) -> bool:
        """Nothing, `~` or `null`, unquoted."""
        return self.plain and self.text in {"", "~", "null"}


class Listed(NamedTuple):
    """A sequence."""

    values: tuple[Value, ...]
    line: int


class Mapped(NamedTuple):
    """A mapping; each key once, in the order written."""

    fields: dict[str, Value]
    line: int


Value = Scalar | Listed | Mapped


class _Refused(Exception):  # noqa: N818 - it ends the reading of one file, it is no error of the program
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def read_yaml(path: Path, problems: list[Problem], *, quotes: bool = True) -> Value | None:
    """Return the one document of `path`, or None after adding to `problems` why there is none.

    Refused with a sentence: files over 4 MiB, other encodings than UTF-8, anchors, aliases, tags,
    nesting deeper than any rate table. A key written twice is a problem; the first one is kept.

    Args:
        path: of the file.
        problems: takes what is wrong.
        quotes: whether a problem may repeat what stands in the file; not where that may be a secret.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            problems.append(Problem(str(path), "is over 4 MiB; split it, no rate table needs that"))
            return None
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problems.append(Problem(str(path), f"is not UTF-8 (byte {error.start}); save it as UTF-8"))
        return None
    except OSError as error:
        problems.append(Problem(str(path), f"cannot be read: {error.strerror}"))
        return None
    return parse_yaml(text, str(path), problems, quotes=quotes)


def parse_yaml(
    text: str, name: str, problems: list[Problem], *, quotes: bool = True
) -> Value | None:
    """Read `text` as `read_yaml` does; `name` stands in the problems' places."""
    try:
        return _Builder(text, name, problems, quotes=quotes).document()
    except _Refused as refused:
        problems.append(Problem(f"{name}:{refused.line}", refused.what))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(Problem(f"{name}:{line}", f"is not YAML: {error.problem}"))
    except yaml.YAMLError as error:
        problems.append(Problem(name, f"is not YAML: {error}"))
    return None


class _Builder:
    def __init__(self, text: str, name: str, problems: list[Problem], *, quotes: bool) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_LOADER))
        self._name = name
        self._problems = problems
        self._quotes = quotes

    def document(self) -> Value | None:
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                value = self._value(event, 0)
                self._end()
                return value
        self._problems.append(Problem(self._name, "is empty"))
        return None

    def _end(self) -> None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise _Refused(_line(event), "starts a second document; one file holds one table")

    def _value(self, event: yaml.Event, depth: int) -> Value:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(line, "uses an anchor or alias; write the value out")
        if depth > _DEEPEST:
            raise _Refused(line, "is nested deeper than any rate table")
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, line)
            return Scalar(event.value, not event.style, line)
        if isinstance(event, yaml.SequenceStartEvent):
            self._refuse_tag(event, line)
            return Listed(tuple(self._items(depth)), line)
        self._refuse_tag(event, line)
        return Mapped(self._fields(depth), line)

    def _items(self, depth: int) -> Iterator[Value]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _fields(self, depth: int) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                raise _Refused(key.line, "uses a list or mapping as a key")
            if key.text in fields:
                such = repr(key.text) if self._quotes else "a key"
                what = f"{such} stands twice; keep one"
                self._problems.append(Problem(f"{self._name}:{key.line}", what))
                continue
            fields[key.text] = value
        return fields

    def _refuse_tag(self, event: yaml.Event, line: int) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            such = f"the tag {tag}" if self._quotes else "a tag"
            raise _Refused(line, f"uses {such}; write a plain value")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
