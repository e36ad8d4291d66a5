"""Which attribution a call must carry, by its environment, and what becomes of one that does not: pure.

A call that lacks some is booked in full all the same. Under a rule that marks, its entry says so in `tags`. Under one
that quarantines, its team and its origin's are withheld besides: nobody is charged for it until what is missing
is known, from another span of the call or from a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from otel_costing.attribution import Attribution
from otel_costing.dimensions import ATTRIBUTED, field_of
from otel_costing.finding import Finding, once_a_day
from otel_costing.ledger import LedgerEntry

REQUIRABLE = tuple(name for name in ATTRIBUTED if field_of(name) != "workflow_run_id")
"""Fields of `Attribution` that may be demanded. A run is always known: the trace, where nobody names one."""
ELSEWHERE = "*"
"""The environments that have no rule of their own, and calls that name none."""
MISSING = "missing_tags"
"""Tag of an entry: the fields it lacks under a rule that marks."""
QUARANTINE = "quarantine"
"""Tag of an entry: the fields it lacks under a rule that quarantines."""
OWNER = "tags_owner"
"""Tag of an entry: who is to see to it, as the rule names them."""
_WITHHELD = {"team": "withheld_team", "origin_team": "withheld_origin_team"}
OURS = frozenset((MISSING, QUARANTINE, OWNER, *_WITHHELD.values()))
"""Tags that are worked out; what a sender says under such a name is none."""


class Rule(NamedTuple):
    """What calls of one environment must carry."""

    required: tuple[str, ...]
    """Out of `REQUIRABLE`."""
    quarantines: bool
    owner: str
    """A person, a team or an address: who is listed beside what is missing."""
    refuses_events: bool = False
    """Whether a usage event that lacks some is refused before anything of it is kept."""


TagPolicy = Mapping[str, Rule]
"""By environment, or `ELSEWHERE`."""


def missing_tags(attribution: Attribution, rule: Rule) -> tuple[str, ...]:
    """Return the fields that `rule` demands and nobody said."""
    return tuple(name for name in rule.required if not getattr(attribution, name))


def rule_of(policy: TagPolicy, environment: str) -> Rule | None:
    """Return the rule for an environment: its own, else the one for all others."""
    return policy.get(environment) or policy.get(ELSEWHERE)


def marked(account: LedgerEntry, policy: TagPolicy) -> LedgerEntry:
    """Return what a span says of a call with the tags that it lacks noted on it."""
    rule = rule_of(policy, account.attribution.environment)
    missing = missing_tags(account.attribution, rule) if rule else ()
    if rule is None or not missing:
        return account
    action = QUARANTINE if rule.quarantines else MISSING
    noted = ((action, ",".join(missing)), (OWNER, rule.owner))
    return account._replace(tags=(*account.tags, *noted))


def tags_of_call(kept: LedgerEntry, accounts: Sequence[LedgerEntry]) -> LedgerEntry:
    """Return `kept` with what its own attribution still lacks of all that was demanded of any of its accounts."""
    if not any(one.tags for one in accounts):
        return kept
    tags = {name: value for name, value in kept.tags if name not in OURS}
    for action in (MISSING, QUARANTINE):
        lacking = _lacking(action, kept.attribution, accounts)
        if lacking:
            tags[action] = ",".join(lacking)
            owners = (value for one in accounts if (value := dict(one.tags).get(OWNER)))
            tags[OWNER] = next(owners, "")
    return kept._replace(tags=tuple(tags.items()))


def _lacking(action: str, attribution: Attribution, accounts: Iterable[LedgerEntry]) -> list[str]:
    demanded = {
        name for one in accounts for name in dict(one.tags).get(action, "").split(",") if name
    }
    return [name for name in REQUIRABLE if name in demanded and not getattr(attribution, name)]


def is_quarantined(entry: LedgerEntry) -> bool:
    """Tell whether nobody is charged for a call until what it lacks is known."""
    return any(name == QUARANTINE for name, _ in entry.tags)


def withheld(entry: LedgerEntry) -> LedgerEntry:
    """Return a charge as it is booked: in quarantine without the teams that would pay, which its tags keep."""
    if not entry.tags or not is_quarantined(entry):
        return entry
    kept = {tag: getattr(entry.attribution, field) for field, tag in _WITHHELD.items()}
    return entry._replace(
        attribution=entry.attribution._replace(**dict.fromkeys(_WITHHELD, "")),
        tags=tuple({**kept, **dict(entry.tags)}.items()),
    )


def released(entry: LedgerEntry) -> LedgerEntry:
    """Return a booked charge with the teams that were withheld from it: what the call itself says."""
    tags = dict(entry.tags)
    told = {field: tags.pop(tag) for field, tag in _WITHHELD.items() if tag in tags}
    if not told:
        return entry
    return entry._replace(attribution=entry.attribution._replace(**told), tags=tuple(tags.items()))


def findings_of_missing(entries: Iterable[LedgerEntry]) -> Iterable[Finding]:
    """Return one finding for each day, service, environment, team and list of what is missing.

    Each call has it on its entry; the findings stay few however many calls there are.
    """
    for entry in entries:
        if entry.tags:
            yield from _findings(released(entry))


def _findings(entry: LedgerEntry) -> Iterable[Finding]:
    tags = dict(entry.tags)
    for action in (MISSING, QUARANTINE):
        if action in tags:
            said = {
                "missing": tags[action].split(","),
                "quarantined": action == QUARANTINE,
                "owner": tags.get(OWNER, ""),
                "service": entry.service,
                "environment": entry.attribution.environment,
                "team": entry.attribution.team,
            }
            yield once_a_day(MISSING, said, entry.trace_id, entry.span_id, entry.ended_ns)
