"""How the columns of an answer are shown: units, names, what stands where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dashboards.links import Link
from dashboards.targets import Json

USD = "currencyUSD"
COUNT = "locale"
"""A whole number with its thousands apart."""
PERCENT = "percent"
"""Of 100."""
TEXT = "string"
TIME = "dateTimeAsIso"
NONE = "none"
CALL_DECIMALS = 6
"""Of what one call or run costs: many calls cost less than a thousandth of a dollar."""
TOTAL_DECIMALS = 4
NO_PRICE = "no price"
"""Stands for an amount that is not known: never 0."""


class Field(NamedTuple):
    """A column of a table, or a series of a graph, by its name in SQL."""

    name: str
    title: str
    unit: str = TEXT
    decimals: int | None = None
    links: Sequence[Link] = ()
    empty: str = ""
    """What stands where it is null."""
    properties: Mapping[str, Any] = {}
    """Others of Grafana's, by their id."""
    matcher: str = "byName"
    """How `name` finds it; `byType` where columns are named by the data."""

    def to_json(self) -> Json:
        """Return the override that says all this."""
        said = {
            "displayName": self.title or None,
            "unit": self.unit,
            "decimals": self.decimals,
            "noValue": self.empty or None,
            "links": [link.to_json() for link in self.links] or None,
            **self.properties,
        }
        return {
            "matcher": {"id": self.matcher, "options": self.name},
            "properties": [
                {"id": name, "value": value} for name, value in said.items() if value is not None
            ],
        }


def total_usd(name: str, title: str, *links: Link) -> Field:
    """Return a column of sums of many calls."""
    return Field(name, title, USD, TOTAL_DECIMALS, links, NO_PRICE)


def call_usd(name: str, title: str, *links: Link) -> Field:
    """Return a column of what one call or one run costs."""
    return Field(name, title, USD, CALL_DECIMALS, links, NO_PRICE)


def count(name: str, title: str, *links: Link) -> Field:
    """Return a column of whole numbers."""
    return Field(name, title, COUNT, 0, links, "none")


def percent(name: str, title: str) -> Field:
    """Return a column of parts of a hundred."""
    return Field(name, title, PERCENT, 1, (), "unknown")
