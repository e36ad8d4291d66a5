"""Resource attributes that have a column of the ledger, so that reports can be broken down by them: pure.

Which ones is a team's choice, kept in the ledger. The columns are there from the beginning, and mean nothing until an attribute
is given one of them: nothing but an entry in a table changes, also on a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from otel_costing.attribution import PERSONAL, attribution_attributes, clean
from otel_costing.dimensions import DIMENSIONS, field_of
from otel_costing.spans import Attributes

COLUMNS = tuple(f"promoted_{number}" for number in range(1, 9))
"""Of `ledger`, `sightings`, `costs` and `cost_lines`."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,127}")
_TAKEN = frozenset(
    (
        *DIMENSIONS,
        *map(field_of, DIMENSIONS),
        *COLUMNS,
        "usd",
        "calls",
        "quantity",
        "dimension",
        "attribute",
    )
)
_OF_FIGURES = ("_usd", "_calls")
"""Whatever ends so stands beside the dimensions in some report."""
_OF_PERSONS = attribution_attributes(PERSONAL)


class Promotion(NamedTuple):
    """One attribute, its column, and what reports call it."""

    attribute: str
    name: str
    column: str
    """Out of `COLUMNS`."""


Promoted = tuple[Promotion, ...]
"""By column."""
Values = tuple[tuple[str, str], ...]
"""What a resource says: columns and values, none of them empty, by column."""


def values_of(resource: Attributes, promoted: Promoted) -> Values:
    """Return what a resource says by its promoted attributes: text of at most 256 characters, or digits."""
    said = ((one.column, clean(resource.get(one.attribute))) for one in promoted)
    return tuple((column, value) for column, value in said if value)


def merged(said: Iterable[Values]) -> Values:
    """Return of several accounts of one call what the first that knows says, column by column."""
    known: dict[str, str] = {}
    for values in said:
        known = {**dict(values), **known}
    return tuple(sorted(known.items()))


def promotion_of(attribute: str, name: str, promoted: Promoted) -> Promotion:
    """Return the promotion of an attribute: the one that it has, or one with the next free column.

    Args:
        attribute: of resources, such as `k8s.namespace.name`.
        name: what reports shall call it.
        promoted: those that there are.

    Raises:
        ValueError: it cannot be promoted under this name; one sentence says why.
    """
    same = [one for one in promoted if (one.attribute, one.name) == (attribute, name)]
    if same:
        return same[0]
    _refuse(attribute, name, promoted)
    free = [column for column in COLUMNS if column not in {one.column for one in promoted}]
    if not free:
        raise ValueError(f"{len(COLUMNS)} attributes are promoted, and there are no more columns")
    return Promotion(attribute, name, free[0])


def _refuse(attribute: str, name: str, promoted: Promoted) -> None:
    if not _ATTRIBUTE.fullmatch(attribute):
        raise ValueError(
            f"{attribute!r} is no name of an attribute; write for example k8s.namespace.name"
        )
    if attribute in _OF_PERSONS:
        raise ValueError(
            f"{attribute} names a person, who has columns of its own to be erased from"
        )
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name of a dimension: at most 40 small letters, digits and _, a letter first"
        )
    if name in _TAKEN or name.endswith(_OF_FIGURES):
        raise ValueError(f"{name} is the name of something else in reports")
    for one in promoted:
        if one.attribute == attribute:
            raise ValueError(f"{attribute} is promoted already, as {one.name}")
        if one.name == name:
            raise ValueError(f"{name} is the name of {one.attribute} already")
