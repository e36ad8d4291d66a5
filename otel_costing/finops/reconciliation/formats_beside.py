"""One bill in two formats, such as FOCUS beside a Cost and Usage Report: its charges have other keys in each. Pure.

Nothing in a row says that it is the same charge, so an account's month is taken from one format, unless a person says that the
second bills something else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class Told(NamedTuple):
    """Somebody bills an account's month in a format."""

    provider: str
    account: str
    """Empty where the export does not say: it may be any."""
    month: str
    """UTC, `2026-10`."""
    format: str
    told_in: str
    """File, or file and line."""


def told_otherwise(new: Iterable[Told], standing: Iterable[Told]) -> tuple[Told, Told] | None:
    """Return one that is new and another for the same account and month in another format; None where there is none."""
    told: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in standing:
        told[one.provider, one.month].append(one)
    for one in new:
        others = told[one.provider, one.month]
        beside = next((other for other in others if _is_beside(one, other)), None)
        if beside is not None:
            return one, beside
        if all(other[:4] != one[:4] for other in others):
            others.append(one)
    return None


def _is_beside(one: Told, other: Told) -> bool:
    formats = {one.format, other.format}
    accounts = {one.account, other.account}
    return len(formats) > 1 and "" not in formats and (len(accounts) == 1 or "" in accounts)
