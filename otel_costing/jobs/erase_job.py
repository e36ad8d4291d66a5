"""Personal identifiers leave the ledger, what they cost stays.

The command says digests, not identifiers, so that what a collector keeps of its jobs does not hold them. Run again
after it was cut short it empties what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing.clickhouse.erasure import IDENTIFIERS, Act, Erased, erase
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.arguments import flag, only, texts
from otel_costing.jobs.work import Content, JobRefused, Result, Steps

_LISTS = ("identifiers", "digests")
_TEXTS = ("erasure_id", "salt", "reason")


class Arguments(NamedTuple):
    """What to erase."""

    act: Act
    dry_run: bool


def arguments_of(act: Act, *, dry_run: bool) -> dict[str, Any]:
    """Return what `read` reads."""
    lists = {name: list(getattr(act, name)) for name in _LISTS}
    return {**act._asdict(), **lists, "dry_run": dry_run}


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"erasure_id", "salt", "identifiers": ["user_id"], "digests": [...], "reason", "dry_run": false}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, (*_TEXTS, *_LISTS, "dry_run"))
    identifiers, digests = (texts(arguments, name) or () for name in _LISTS)
    if not identifiers or len(identifiers) != len(digests) or set(identifiers) - set(IDENTIFIERS):
        raise JobRefused(f"identifiers are {', '.join(IDENTIFIERS)}, with a digest for each")
    erasure_id, salt, reason = (arguments.get(name) for name in _TEXTS)
    if not (isinstance(erasure_id, str) and isinstance(salt, str) and isinstance(reason, str)):
        raise JobRefused(f"{', '.join(_TEXTS)} are texts")
    act = Act(erasure_id, salt, identifiers, digests, reason)
    return Arguments(act, flag(arguments, "dry_run"))


def writes(arguments: Arguments) -> bool:
    """Tell whether it erases, or only counts."""
    return not arguments.dry_run


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Erase, or count what would be erased."""
    del content, began_ns
    erased = erase(store.connection, arguments.act, dry_run=arguments.dry_run)
    yield Result(document_of(arguments, erased))


def document_of(arguments: Arguments, erased: Erased) -> dict[str, Any]:
    """Return what came of it as JSON has it; no `erasure_id` where there is no record of it."""
    is_recorded = bool(erased.held) and not arguments.dry_run
    return {
        "erasure_id": arguments.act.erasure_id if is_recorded else None,
        "dry_run": arguments.dry_run,
        "rows": [
            {
                "table": table,
                "identifier": column,
                "rows": rows,
                "left_rows": erased.left.get((table, column), 0),
            }
            for (table, column), rows in sorted(erased.held.items())
        ],
    }
