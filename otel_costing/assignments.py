"""Who caused a call, as a person has set it right: kept on the charge, so that settling does not undo it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from otel_costing.ledger import LedgerEntry
from otel_costing.mandatory_tags import OURS, REQUIRABLE, released, tags_of_call, withheld

ASSIGNABLE = REQUIRABLE
"""Fields of `Attribution` that a person may set."""
_FIELDS = "assigned"
"""Tag of an entry: which fields a person has set."""
_AT_NS = "assigned_at_ns"
"""Tag of an entry: when, so that of two the later holds."""
RESERVED_TAGS = OURS | {_FIELDS, _AT_NS}
"""Tags that say what was decided about a call: no sender may set them."""


def assigned(charge: LedgerEntry, fields: Mapping[str, str], at_ns: int) -> LedgerEntry:
    """Return a booked charge with fields of its attribution set, and out of quarantine if nothing is missing now.

    Args:
        charge: as it stands.
        fields: out of `ASSIGNABLE`; what was set before and is not among them stays set.
        at_ns: now, nanoseconds since 1970 UTC.
    """
    told = released(charge)
    names = {**_set_on(told), **fields}
    tags = {**dict(told.tags), _FIELDS: ",".join(names), _AT_NS: str(at_ns)}
    attribution = told.attribution._replace(**fields)
    changed = told._replace(attribution=attribution, tags=tuple(tags.items()))
    return withheld(tags_of_call(changed, [changed]))


def with_assignments(kept: LedgerEntry, accounts: Iterable[LedgerEntry]) -> LedgerEntry:
    """Return `kept` with what a person has set last on any of the accounts of its call."""
    latest = max((one for one in accounts if one.tags), key=_at_ns, default=None)
    fields = _set_on(latest) if latest else {}
    if latest is None or not fields:
        return kept
    tags = {**dict(kept.tags), _FIELDS: ",".join(fields), _AT_NS: str(_at_ns(latest))}
    attribution = kept.attribution._replace(**fields)
    changed = kept._replace(attribution=attribution, tags=tuple(tags.items()))
    return tags_of_call(changed, [changed])


def _set_on(entry: LedgerEntry) -> dict[str, str]:
    names = dict(entry.tags).get(_FIELDS, "")
    return {name: getattr(entry.attribution, name) for name in names.split(",") if name}


def _at_ns(entry: LedgerEntry) -> int:
    return int(dict(entry.tags).get(_AT_NS, "0"))
