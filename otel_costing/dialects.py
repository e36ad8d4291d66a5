"""Which emitter spells what how: the table of `dialects.yaml`, ready to look things up in.

Sources: OpenTelemetry GenAI semantic conventions and their deprecated names; the attributes seen in captured
spans of the emitters named in the table (tests/conformance/spans).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
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
REPORTED: tuple[str, ...] = tuple(_TABLE["reported"])
OPERATIONS: Mapping[str, str] = _TABLE["operations"]
FREE_SPAN_NAMES = frozenset(_TABLE["free_span_names"])
CARRIERS = {name: _carrier(spec) for name, spec in _TABLE["carriers"].items()}
DIALECTS = tuple(_dialect(spec, CARRIERS) for spec in _TABLE["dialects"])
CONVENTION = Dialect("convention", (), "unknown", "unknown", tuple(CARRIERS.values()))
"""A scope that the table does not name: read by the attributes' names alone; what contains what is settled by
arithmetic."""

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
    """Return the fields found on a span, each from the first of its aliases that is present and not empty."""
    found: dict[str, Any] = {}
    for field, name in _fields_of(tuple(attributes)):
        value = attributes[name]
        if value is not None and value != "" and field not in found:
            found[field] = value
    return found


@lru_cache(maxsize=1024)
def _fields_of(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return field and name of each alias among `names`, best first: an emitter's spans have the same few sets."""
    known = sorted((ALIASES[name][1], name) for name in names if name in ALIASES)
    return tuple((ALIASES[name][0], name) for _, name in known)
