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
    holds_content: bool = False
    """The document is a prompt or a completion with its usage; it is opened on model calls alone."""
    only_if: tuple[tuple[str, Any], ...] = ()
    """Attributes and their values without which the document is not what the paths are of."""


class Estimate(NamedTuple):
    """How a span shows that its figures are the emitter's guess."""

    equal: tuple[tuple[str, Any], ...]
    missing: tuple[str, ...]

    def fits(self, attributes: Attributes) -> bool:
        """Tell whether the span shows it."""
        return all(attributes.get(name) == value for name, value in self.equal) and not any(
            name in attributes for name in self.missing
        )


class Earlier(NamedTuple):
    """How an emitter's figures contained one another before a version of its scope."""

    name: str
    """Stands on the entry in the dialect's place."""
    before: tuple[int, ...]
    input: str
    output: str


class Dialect(NamedTuple):
    """How one emitter's figures contain one another."""

    name: str
    scopes: tuple[str, ...]
    input: str
    """`inclusive`: input contains the cached tokens; `exclusive`; `unknown`."""
    output: str
    """`inclusive`: output contains the reasoning tokens; `exclusive`; `from_total`; `unknown`."""
    carriers: tuple[Carrier, ...] = ()
    not_billable_without_usage: tuple[tuple[str, Any], ...] = ()
    estimated_if: Estimate | None = None
    versions: tuple[Earlier, ...] = ()
    """Oldest first."""


class CostRule(NamedTuple):
    """Where somebody's own figure of a call's cost stands."""

    names: tuple[str, ...]
    """Attributes whose sum it is; without the first it is unknown."""
    is_document: bool
    currency: str
    """The attribute that names it, empty where it is always USD."""
    per_usd: int


def _path(text: str) -> Path:
    return tuple(int(step) if step.isdigit() else step for step in text.split("."))


def _carrier(spec: Mapping[str, Any]) -> Carrier:
    return Carrier(
        spec["attribute"],
        spec["format"],
        tuple(spec["hints"]),
        tuple(_path(path) for path in spec.get("disjoint_if", ())),
        tuple((field, tuple(map(_path, paths))) for field, paths in spec["fields"].items()),
        spec.get("holds_content", False),
        tuple(spec.get("only_if", {}).items()),
    )


def _cost_rule(spec: Mapping[str, Any]) -> CostRule:
    document = spec.get("document")
    names = (document,) if document else tuple(spec["sum"])
    return CostRule(names, bool(document), spec.get("currency", ""), spec.get("per_usd", 1))


def _estimate(spec: Mapping[str, Any] | None) -> Estimate | None:
    if spec is None:
        return None
    return Estimate(tuple(spec.get("equal", {}).items()), tuple(spec.get("missing", ())))


def _dialect(spec: Mapping[str, Any], carriers: Mapping[str, Carrier]) -> Dialect:
    return Dialect(
        spec["name"],
        tuple(spec["scopes"]),
        spec["input"],
        spec["output"],
        tuple(carriers[name] for name in spec.get("carriers", ())),
        tuple(spec.get("not_billable_without_usage", {}).items()),
        _estimate(spec.get("estimated_if")),
        tuple(_earlier(version, spec) for version in spec.get("versions", ())),
    )


def _earlier(version: Mapping[str, str], newest: Mapping[str, Any]) -> Earlier:
    modes = (version.get(mode, newest[mode]) for mode in ("input", "output"))
    name = f"{newest['name']}<{version['before']}"
    return Earlier(name, _numbers(version["before"]), *modes)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the dotted numbers that a version starts with: (1, 3) of `1.3b0`, none of what is no version."""
    leading = _VERSION.match(version)
    return tuple(map(int, leading[0].split("."))) if leading else ()


_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}", re.ASCII)


_TEXT = files("otel_costing").joinpath("dialects.yaml").read_text(encoding="utf-8")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TABLE: Mapping[str, Any] = yaml.load(_TEXT, Loader=_LOADER)  # noqa: S506 - both are safe loaders

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
COSTS = tuple(_cost_rule(spec) for spec in _TABLE["reported"])
"""By rank: the first that comes to a figure wins."""
REPORTED = frozenset(name for rule in COSTS for name in (*rule.names, rule.currency) if name)
OPERATIONS: Mapping[str, str] = _TABLE["operations"]
FREE_SPAN_NAMES = frozenset(_TABLE["free_span_names"])
CARRIERS = {name: _carrier(spec) for name, spec in _TABLE["carriers"].items()}
DIALECTS = tuple(_dialect(spec, CARRIERS) for spec in _TABLE["dialects"])
CONVENTION = Dialect("convention", (), "unknown", "unknown", tuple(CARRIERS.values()))
"""A scope that the table does not name: read by the attributes' names alone; what contains what is settled by
arithmetic."""

AGGREGATES: Mapping[str, tuple[str, int]] = {
    own + attribute.removeprefix(prefix): place
    for own, prefix in _TABLE["aggregate_prefixes"].items()
    for attribute, place in ALIASES.items()
    if attribute.startswith(prefix)
}
"""As `ALIASES`: the names under which a span says what ran beneath it, and only that."""
_DOCUMENTS = frozenset(carrier.attribute for carrier in CARRIERS.values())
_FIGURES_ALONE = frozenset(c.attribute for c in CARRIERS.values() if not c.holds_content)
SIGNALS = (frozenset(ALIASES) | frozenset(AGGREGATES) | _FIGURES_ALONE) - set(_TABLE["no_signal"])
"""A span with none of these is no model call."""

HOSTS = tuple((re.compile(pattern), provider) for pattern, provider in _TABLE["hosts"])
MODELS = tuple((re.compile(pattern), provider) for pattern, provider in _TABLE["models"])
NOT_PROVIDERS = frozenset(_TABLE["not_providers"])
_START_ATTRIBUTES = tuple(_TABLE["starts_like_model_call"]["attributes"])
_START_NAMES = tuple(_TABLE["starts_like_model_call"]["names"])


@lru_cache(maxsize=1024)
def dialect_of(scope_name: str, scope_version: str = "") -> Dialect:
    """Return the dialect of an instrumentation scope, `CONVENTION` for one that the table does not name.

    A version that is missing, or is none, counts as the newest.
    """
    for dialect in DIALECTS:
        if any(_matches(scope_name, scope) for scope in dialect.scopes):
            return _as_of(dialect, _numbers(scope_version)) if dialect.versions else dialect
    return CONVENTION


def _matches(scope_name: str, scope: str) -> bool:
    return scope_name.startswith(scope[:-1]) if scope.endswith("*") else scope_name == scope


def _as_of(dialect: Dialect, version: tuple[int, ...]) -> Dialect:
    for earlier in dialect.versions:
        if version and version < earlier.before:
            name, _, input_mode, output_mode = earlier
            return dialect._replace(name=name, input=input_mode, output=output_mode)
    return dialect


def usage_attributes() -> frozenset[str]:
    """Return every attribute the table reads, without those that may hold prompts or completions."""
    told = [dialect.not_billable_without_usage for dialect in DIALECTS]
    told += [dialect.estimated_if.equal for dialect in DIALECTS if dialect.estimated_if]
    told += [carrier.only_if for carrier in CARRIERS.values()]
    markers = {name for each in told for name, _ in each}
    return frozenset(ALIASES) | frozenset(AGGREGATES) | REPORTED | _FIGURES_ALONE | markers


def looks_like_model_call(name: str, attributes: Mapping[str, object] | None) -> bool:
    """Tell at a span's start whether it may become a model call: by its attributes, else by its name."""
    keys = attributes or ()
    is_told = any(isinstance(key, str) and key.startswith(_START_ATTRIBUTES) for key in keys)
    return is_told or name.startswith(_START_NAMES)


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
    aggregates: Places
    """The figures of an aggregate: those under names of its own, else `counts`."""
    has_aggregate: bool
    """The names of an aggregate's figures are there, or a document that may hold them."""
    reported: tuple[CostRule, ...]
    """Those of `COSTS` that may come to a figure."""


@lru_cache(maxsize=1024)
def layout_of(names: tuple[str, ...]) -> Layout:
    """Return what a span's attribute names alone tell."""
    known = sorted((ALIASES[name][1], name) for name in names if name in ALIASES)
    fields = tuple((ALIASES[name][0], name) for _, name in known)
    texts = tuple(place for place in fields if place[0] in TEXTS)
    counts = tuple(place for place in fields if place[0] in COUNTS)
    sums = sorted((AGGREGATES[name], name) for name in names if name in AGGREGATES)
    aggregates = tuple((field, name) for (field, _), name in sums) or counts
    return Layout(
        not SIGNALS.isdisjoint(names),
        fields,
        texts,
        _reader(tuple(name for _, name in texts)),
        counts,
        tuple(place for place in fields if place[0] not in TEXTS | COUNTS),
        not _DOCUMENTS.isdisjoint(names),
        aggregates,
        bool(aggregates) or not _FIGURES_ALONE.isdisjoint(names),
        tuple(rule for rule in COSTS if rule.names[0] in names),
    )


@lru_cache(maxsize=1024)
def _reader(names: tuple[str, ...]) -> Callable[[Attributes], tuple[Any, ...]]:
    """Return what reads several attributes at once, and one or none the same way."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda attributes: tuple(attributes[name] for name in names)
