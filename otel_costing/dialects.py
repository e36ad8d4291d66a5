"""Which emitter spells what how: the table of `dialects.yaml`, ready to look things up in.

Sources: OpenTelemetry GenAI semantic conventions and their deprecated names; the attributes seen in captured
spans of the emitters named in the table (tests/conformance/spans).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from operator import itemgetter
from typing import Any, NamedTuple

import yaml

from otel_costing.spans import Attributes

Path = tuple[str | int, ...]


class Carrier(NamedTuple):
    """An attribute that holds a document, and where its figures stand in it."""

    attribute: str
    format: str
    """`json`, or `python` for the text of a Python dict."""
    hints: tuple[str, ...]
    disjoint_if: tuple[Path, ...]
    fields: tuple[tuple[str, tuple[Path, ...]], ...]


class Dialect(NamedTuple):
    """How one emitter's figures contain one another."""

    name: str
    scopes: tuple[str, ...]
    input: str
    """`inclusive`: input contains the cached tokens; `exclusive`; `unknown`."""
    output: str
    """`inclusive`: output contains the reasoning tokens; `exclusive`; `from_total`; `unknown`."""
    carriers: tuple[Carrier, ...] = ()
    not_billable_without_usage: tuple[tuple[str, str], ...] = ()


def _path(text: str) -> Path:
    return tuple(int(step) if step.isdigit() else step for step in text.split("."))


def _carrier(spec: Mapping[str, Any]) -> Carrier:
    return Carrier(
        spec["attribute"],
        spec["format"],
        tuple(spec["hints"]),
        tuple(_path(path) for path in spec.get("disjoint_if", ())),
        tuple((field, tuple(map(_path, paths))) for field, paths in spec["fields"].items()),
    )


def _dialect(spec: Mapping[str, Any], carriers: Mapping[str, Carrier]) -> Dialect:
    return Dialect(
        spec["name"],
        tuple(spec["scopes"]),
        spec["input"],
        spec["output"],
        tuple(carriers[name] for name in spec.get("carriers", ())),
        tuple(spec.get("not_billable_without_usage", {}).items()),
    )


def _load() -> dict[str, Any]:
    text = files("otel_costing").joinpath("dialects.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    return table


_TABLE = _load()

ALIASES: Mapping[str, tuple[str, int]] = {
    attribute: (field, rank)
    for field, attributes in _TABLE["fields"].items()
    for rank, attribute in enumerate(attributes)
}
"""Attribute name -> (field, rank); the lowest rank that is present wins."""
TEXTS = frozenset(
    ("operation", "provider", "host", "request_model", "response_model", "tier", "request_tier")
)
"""The fields that say who answered what kind of call: the same few texts on all calls of one place in a program."""
COUNTS = frozenset(_TABLE["fields"]) - TEXTS - {"response_id", "error"}
REPORTED: tuple[str, ...] = tuple(_TABLE["reported"])
OPERATIONS: Mapping[str, str] = _TABLE["operations"]
FREE_SPAN_NAMES = frozenset(_TABLE["free_span_names"])
CARRIERS = {name: _carrier(spec) for name, spec in _TABLE["carriers"].items()}
DIALECTS = tuple(_dialect(spec, CARRIERS) for spec in _TABLE["dialects"])
CONVENTION = Dialect("convention", (), "unknown", "unknown", tuple(CARRIERS.values()))
"""A scope that the table does not name: read by the attributes' names alone; what contains what is settled by
arithmetic."""

_DOCUMENTS = frozenset(carrier.attribute for carrier in CARRIERS.values())
_NO_SIGNAL = ("host", "error")
SIGNALS = frozenset(name for name, (field, _) in ALIASES.items() if field not in _NO_SIGNAL) | {
    carrier.attribute for carrier in CARRIERS.values() if carrier.attribute != "output.value"
}
"""A span with none of these is no model call."""

_HOSTS: tuple[tuple[str, str], ...] = tuple(_TABLE["hosts"].items())
_NOT_PROVIDERS = frozenset(_TABLE["not_providers"])
_MODELS = tuple((re.compile(pattern), provider) for pattern, provider in _TABLE["models"])
_START_ATTRIBUTES = tuple(_TABLE["starts_like_model_call"]["attributes"])
_START_NAMES = tuple(_TABLE["starts_like_model_call"]["names"])
_LONGEST_NAME = 512


@lru_cache(maxsize=1024)
def dialect_of(scope_name: str) -> Dialect:
    """Return the dialect of an instrumentation scope, `CONVENTION` for one that the table does not name."""
    for dialect in DIALECTS:
        if any(_matches(scope_name, scope) for scope in dialect.scopes):
            return dialect
    return CONVENTION


def _matches(scope_name: str, scope: str) -> bool:
    if scope.endswith("*"):
        return scope_name.startswith(scope[:-1])
    return scope_name == scope


def provider_of(said: str, host: str, model: str) -> str:
    """Return who answered: by host, else as said, else by the model's name; empty where nothing tells.

    The names are those of the wire; the rate book knows which are the same provider.
    """
    return _provider_of(said[:_LONGEST_NAME], host[:_LONGEST_NAME], model[:_LONGEST_NAME])


@lru_cache(maxsize=4096)
def _provider_of(said: str, host: str, model: str) -> str:
    by_host = next((provider for suffix, provider in _HOSTS if host.endswith(suffix)), "")
    if by_host:
        return by_host
    if said and said not in _NOT_PROVIDERS:
        return said
    return next((provider for pattern, provider in _MODELS if pattern.match(model)), "")


def usage_attributes() -> frozenset[str]:
    """Return every attribute the table reads, without those that may hold prompts or completions."""
    carriers = {carrier.attribute for carrier in CARRIERS.values()} - {"output.value"}
    markers = {name for dialect in DIALECTS for name, _ in dialect.not_billable_without_usage}
    return frozenset(ALIASES) | frozenset(REPORTED) | carriers | markers


def looks_like_model_call(name: str, attributes: Mapping[str, object] | None) -> bool:
    """Tell at a span's start whether it may become a model call: by its attributes, else by its name."""
    if attributes and _any_starts(attributes, _START_ATTRIBUTES):
        return True
    return name.startswith(_START_NAMES)


def _any_starts(names: Iterable[str], prefixes: tuple[str, ...]) -> bool:
    return any(isinstance(name, str) and name.startswith(prefixes) for name in names)


def gather(attributes: Attributes) -> dict[str, Any]:
    """Return the fields found on a span."""
    return first_of(layout_of(tuple(attributes)).fields, attributes)


def first_of(places: Iterable[tuple[str, str]], attributes: Attributes) -> dict[str, Any]:
    """Return what stands at the first place of each field that is not empty."""
    found: dict[str, Any] = {}
    for field, name in places:
        value = attributes[name]
        if value is not None and value != "" and field not in found:
            found[field] = value
    return found


Places = tuple[tuple[str, str], ...]
"""Field and attribute name, best first: where a field has several names, the first that holds something wins."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which fields stand under which names of a span: an emitter's spans have the same few sets of names."""

    has_signal: bool
    fields: Places
    texts: Places
    """The fields of `TEXTS`."""
    texts_of: Callable[[Attributes], tuple[Any, ...]]
    """Reads the value of each of `texts`; one object for one set of names, so that it can stand for them."""
    counts: Places
    others: Places
    """The fields that are neither: they differ from call to call."""
    has_document: bool
    reported: tuple[str, ...]
    """Those of `REPORTED`, in their order."""


@lru_cache(maxsize=1024)
def layout_of(names: tuple[str, ...]) -> Layout:
    """Return what a span's attribute names alone tell."""
    known = sorted((ALIASES[name][1], name) for name in names if name in ALIASES)
    fields = tuple((ALIASES[name][0], name) for _, name in known)
    texts = tuple(place for place in fields if place[0] in TEXTS)
    return Layout(
        not SIGNALS.isdisjoint(names),
        fields,
        texts,
        _reader(tuple(name for _, name in texts)),
        tuple(place for place in fields if place[0] in COUNTS),
        tuple(place for place in fields if place[0] not in TEXTS | COUNTS),
        not _DOCUMENTS.isdisjoint(names),
        tuple(name for name in REPORTED if name in names),
    )


@lru_cache(maxsize=1024)
def _reader(names: tuple[str, ...]) -> Callable[[Attributes], tuple[Any, ...]]:
    """Return what reads several attributes at once, and one or none the same way."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda attributes: tuple(attributes[name] for name in names)
