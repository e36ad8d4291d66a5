"""The table of meters: what can be priced, in which unit, and how much one call can believably use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml


class Meter(NamedTuple):
    """One priced class of quantity, disjoint from every other."""

    name: str
    unit: str
    per: int
    """How many units a price is for, unless its rate says otherwise."""
    largest: int
    """The largest believable quantity of one call."""
    fallback: str | None
    """The meter whose price applies where a model has none for this one."""
    side: str
    """`input`, which counts towards the context length; `output`; or empty for fees."""


def _load() -> Mapping[str, Meter]:
    text = resources.files("otel_costing").joinpath("meters.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, dict[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, either way
    return MappingProxyType({name: _meter(name, fields) for name, fields in table.items()})


def _meter(name: str, fields: dict[str, Any]) -> Meter:
    return Meter(
        name,
        fields["unit"],
        fields["per"],
        fields["largest"],
        fields.get("fallback"),
        fields.get("side", ""),
    )


METERS: Mapping[str, Meter] = _load()
INPUT_SIDE: frozenset[str] = frozenset(
    meter.name for meter in METERS.values() if meter.side == "input" and meter.unit == "token"
)
