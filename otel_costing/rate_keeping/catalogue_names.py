"""By which exact names the genai-prices catalogue knows its models; what it matches by resemblance is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Plain = Mapping[str, Any]

# A pattern that is one name, and patterns of the dated snapshots that `names.yaml` knows.
_ONE_NAME = re.compile(r"\^((?:[\w/@:=~-]|\\[.\[\]/-])+)\$")
_SNAPSHOT = re.compile(r"\^(?:[\w/-]|\\\.)+-\\d\{(?:8\}|4\}-\\d\{2\}-\\d\{2\})\$")
# A prefix that ends within a name: `gpt-5-nano-`, `claude-sonnet-4-2025`.
_CUT = re.compile(r"[-@:._/]$|-[0-9]{1,4}$")


class NamedModel(NamedTuple):
    """A model of the catalogue and its other exact names."""

    model: Plain
    names: tuple[str, ...]


def model_names(models: Sequence[Plain], left_out: Counter[str]) -> list[NamedModel]:
    """Return the models with the names that mean them and no other model of the list.

    The catalogue's first match wins; a name that an earlier model has already is not given twice.
    """
    ids = {model["id"] for model in models}
    taken: set[str] = set(ids)
    named: list[NamedModel] = []
    for model in models:
        names = dict.fromkeys(_names(model["match"], left_out))
        own = [name for name in names if name not in taken]
        if others := names.keys() & (taken - {model["id"]}):
            left_out["names that an earlier model has"] += len(others)
        taken.update(own)
        named.append(NamedModel(model, tuple(sorted(own))))
    return named


def _names(clause: Plain, left_out: Counter[str]) -> Iterator[str]:
    ((kind, value),) = clause.items()
    if kind == "or":
        for each in value:
            yield from _names(each, left_out)
    elif kind == "equals":
        yield value
    elif kind == "starts_with":
        left_out["matches by prefix, beyond the prefix itself"] += 1
        if not _CUT.search(value):
            yield value
    elif kind == "regex" and (match := _ONE_NAME.fullmatch(value)):
        yield match[1].replace("\\", "")
    elif kind == "regex" and _SNAPSHOT.fullmatch(value):
        left_out["matches of dated snapshots, which names.yaml has"] += 1
    else:
        left_out[f"matches by {kind.replace('_', ' ')}"] += 1
