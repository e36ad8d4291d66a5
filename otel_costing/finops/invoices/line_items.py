"""A line item, SKU or usage type -> the meter and the model it is about: `line_items.yaml`, a short interpreter.

What is not recognised stays unknown; it is never dropped and never guessed. A model's name is known by its parts,
in any order and spelling: `Claude4.5Sonnet` has the parts of `anthropic.claude-sonnet-4-5-20250929-v1:0` that are not
its date and version, and of no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from otel_costing.rates import RateBook

_DATE = re.compile(r"(?<!\d)(20\d{2}-?\d{2}-?\d{2}|[01]\d[0-3]\d)(?!\d)")
_VERSION = re.compile(r"[-@]?v\d+(:\d+)?$|:\d+$|@\S*$")
_PARTS = re.compile(r"\d+[a-z](?![a-z])|[a-z]+|\d+")
_LONGEST_ITEM = 400


class About(NamedTuple):
    """What a line item is about; empty where nobody can tell."""

    meter: str
    model: str


class _Items(NamedTuple):
    meters: tuple[tuple[re.Pattern[str], str], ...]
    noise: tuple[re.Pattern[str], ...]


def meter_of(format_name: str, text: str) -> str:
    """Return the meter that a text names, empty where it names none."""
    items = _items()[format_name]
    shown = text[:_LONGEST_ITEM]
    return next((meter for pattern, meter in items.meters if pattern.search(shown)), "")


def about(format_name: str, text: str, provider: str, rates: RateBook) -> About:
    """Read a line item.

    Args:
        format_name: of `formats.yaml`.
        text: as the provider writes it.
        provider: canonical; its models are those of `rates`.
        rates: the book.
    """
    items = _items()[format_name]
    left = text[:_LONGEST_ITEM]
    found = ""
    for pattern, meter in items.meters:
        if pattern.search(left):
            found, left = meter, pattern.sub(" ", left)
            break
    for pattern in items.noise:
        left = pattern.sub(" ", left)
    return About(found, model_of(left, provider, rates))


def model_of(text: str, provider: str, rates: RateBook) -> str:
    """Return the canonical model of a provider that a text names, empty where it names none or several."""
    name = text.strip(" ,-_")
    if not name:
        return ""
    resolved = rates.resolve(provider, name)
    if resolved is not None and resolved.provider == provider:
        return resolved.model
    parts = _parts_of(name)
    by_parts = _models_by_parts(rates, provider)
    return by_parts.get(parts, "") or by_parts.get(_parts_of(_DATE.sub(" ", name.lower())), "")


def _parts_of(name: str) -> frozenset[str]:
    return frozenset(_PARTS.findall(name.lower()))


@lru_cache(maxsize=64)
def _models_by_parts(rates: RateBook, provider: str) -> Mapping[frozenset[str], str]:
    """Return a provider's models by the parts of their names; empty for parts that several have."""
    models = rates.models(provider)
    exact = _unambiguous((_parts_of(model), model) for model in models)
    bare = _unambiguous((_parts_of(_bare(model)), model) for model in models)
    return {**bare, **exact}


def _unambiguous(pairs: Iterable[tuple[frozenset[str], str]]) -> dict[frozenset[str], str]:
    found: dict[frozenset[str], str] = {}
    for parts, model in pairs:
        found[parts] = model if found.get(parts, model) == model else ""
    return found


def _bare(model: str) -> str:
    """Return a model's name without its maker's prefix, its date and its version."""
    name = _VERSION.sub("", model.rpartition("/")[2].lower())
    maker, dot, rest = name.partition(".")
    return _DATE.sub(" ", rest if dot and maker.isalpha() else name)


@lru_cache(maxsize=1)
def _items() -> Mapping[str, _Items]:
    text = files(__package__).joinpath("line_items.yaml").read_text(encoding="utf-8")
    return {name: _read(told or {}) for name, told in yaml.safe_load(text).items()}


def _read(told: Mapping[str, Any]) -> _Items:
    return _Items(
        tuple(
            (re.compile(each["match"], re.IGNORECASE), each["meter"])
            for each in told.get("meters", ())
        ),
        tuple(re.compile(each, re.IGNORECASE) for each in told.get("noise", ())),
    )
