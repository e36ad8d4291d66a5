"""What `otel-costing coverage` answers, section by section, as rows of JSON and CSV: absent is None."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_costing.cli.options import BadInput
from otel_costing.cli.remedies import remedy_of

if TYPE_CHECKING:
    from otel_costing.aggregates import Tokens
    from otel_costing.clickhouse.store import Store

Row = dict[str, Any]
_COMPARED = (
    "calls",
    "compared_calls",
    "ours_usd",
    "theirs_usd",
    "difference_usd",
    "difference_percent",
    "differing_calls",
    "partial_calls",
    "unpriced_calls",
)
_COUNTED = ("calls", "compared_calls", "differing_calls", "partial_calls", "unpriced_calls")
_HUNDREDTH = Decimal("0.01")


class Section(NamedTuple):
    """One question, and the columns of its answer."""

    columns: tuple[str, ...]
    ask: Callable[[Store, datetime | None, datetime | None], Iterable[Row]]


def attribution(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return how much says who caused it, by kind of attribution."""
    from otel_costing.clickhouse.reports import coverage

    return (one._asdict() for one in coverage(store, since=since, until=until))


def attribution_by(
    by: str, store: Store, since: datetime | None, until: datetime | None
) -> list[Row]:
    """Return the same for each value of one dimension, which is the first column.

    Raises:
        BadInput: there is no such dimension.
    """
    from otel_costing.clickhouse.reports import coverage

    columns = SECTIONS["attribution"].columns
    try:
        found = coverage(store, since=since, until=until, by=by)
    except ValueError as refused:
        raise BadInput(f"--by: {refused}.") from None
    return [{by: one.group, **{name: getattr(one, name) for name in columns}} for one in found]


def unpriced(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return the calls without a price, by reason, provider and model."""
    from otel_costing.clickhouse.reports import unpriced_calls

    for one in unpriced_calls(store, since=since, until=until):
        remedy = remedy_of(one.reason, one.provider, one.model)
        yield {**_plain(one._asdict()), "remedy": remedy.what, "command": remedy.command}


def reported(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return what others said, by who said it, provider and model: the largest difference first."""
    from otel_costing.clickhouse.reports import reported_elsewhere

    for one in reported_elsewhere(store, since=since, until=until):
        yield {**one._asdict(), **_difference(one.ours_usd, one.theirs_usd)}


def conflicts(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return the booked calls that something contradicts."""
    from otel_costing.clickhouse import finding_reports

    found = finding_reports.conflicts(store, since=since, until=until)
    return (_plain(one._asdict()) for one in found)


def uncovered_usage(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return the agents' spans that say more tokens than the calls beneath them."""
    from otel_costing.clickhouse import finding_reports

    for one in finding_reports.uncovered_usage(store, since=since, until=until):
        yield {
            **_plain(one._asdict()),
            **_tokens("said", one.said),
            **_tokens("beneath", one.beneath),
            **_tokens("missing", one.missing),
        }


def absorbed(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return how many spans were not charged for another's sake, by both instrumentations."""
    from otel_costing.clickhouse import finding_reports

    return (one._asdict() for one in finding_reports.absorbed(store, since=since, until=until))


def retries(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return what calls cost that tried again what had failed."""
    from otel_costing.clickhouse import reports

    for total in reports.retries(store, since=since, until=until):
        named = dict(zip(reports.RETRIES_BY, total.values, strict=True))
        yield {**named, **total._asdict()}


def quarantined(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return the calls that nobody is charged for until their mandatory tags are known, by who is to see to it."""
    return _missing_tags(store, since, until, quarantined=True)


def missing_tags(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return the calls that lack mandatory tags and are charged all the same."""
    return _missing_tags(store, since, until, quarantined=False)


def _missing_tags(
    store: Store, since: datetime | None, until: datetime | None, *, quarantined: bool
) -> Iterable[Row]:
    from otel_costing.clickhouse import tag_reports

    found = tag_reports.missing_tags(store, quarantined=quarantined, since=since, until=until)
    return (one._asdict() for one in found)


def sender_claims(store: Store, since: datetime | None, until: datetime | None) -> Iterable[Row]:
    """Return what data claims against the identity of its sender."""
    from otel_costing.clickhouse import tag_reports

    return (
        _plain(one._asdict()) for one in tag_reports.sender_claims(store, since=since, until=until)
    )


_TAGGED = ("owner", "service", "environment", "team", "missing", "calls", "usd")
SECTIONS: Mapping[str, Section] = {
    "attribution": Section(
        ("dimension", "attributed_calls", "calls", "attributed_usd", "usd"), attribution
    ),
    "unpriced": Section(
        ("reason", "provider", "model", "calls", "first_at", "last_at", "remedy", "command"),
        unpriced,
    ),
    "reported": Section(("reported_by", "provider", "model", *_COMPARED), reported),
    "conflicts": Section(
        (
            "why",
            "response_id",
            "trace_id",
            "span_id",
            "call_id",
            "occurred_at",
            "service",
            "provider",
            "model",
            "usd",
            "said_usd",
        ),
        conflicts,
    ),
    "uncovered_usage": Section(
        (
            "trace_id",
            "span_id",
            "ended_at",
            "service",
            "agent",
            "scope",
            "said_input",
            "said_output",
            "beneath_input",
            "beneath_output",
            "missing_input",
            "missing_output",
        ),
        uncovered_usage,
    ),
    "absorbed": Section(("kind", "absorbed_scope", "booked_scope", "spans"), absorbed),
    "retries": Section(("service", "provider", "model", "calls", "usd", "unpriced_calls"), retries),
    "quarantined": Section(_TAGGED, quarantined),
    "missing_tags": Section(_TAGGED, missing_tags),
    "sender_claims": Section(
        (
            "kind",
            "sender",
            "service",
            "team",
            "claimed_team",
            "days",
            "first_on",
            "last_on",
            "trace_id",
            "span_id",
        ),
        sender_claims,
    ),
}
FINDINGS = ("conflicts", "uncovered_usage", "absorbed")
"""The sections that JSON holds under `findings`."""


def rows_of(name: str, store: Store, since: datetime | None, until: datetime | None) -> list[Row]:
    """Return the rows of one section, with its columns in their order."""
    section = SECTIONS[name]
    return [
        {column: row[column] for column in section.columns}
        for row in section.ask(store, since, until)
    ]


def by_reporter(rows: Sequence[Row]) -> list[Row]:
    """Sum the rows of `reported` for each who reports, with its `models` in their order."""
    ordered = sorted(rows, key=lambda row: str(row["reported_by"]))
    return [
        _summed(by, list(some)) for by, some in groupby(ordered, key=lambda row: row["reported_by"])
    ]


def _summed(by: str, rows: Sequence[Row]) -> Row:
    counts = {name: sum(row[name] for row in rows) for name in _COUNTED}
    amounts = {name: _sum(row[name] for row in rows) for name in ("ours_usd", "theirs_usd")}
    whole = {**counts, **amounts, **_difference(amounts["ours_usd"], amounts["theirs_usd"])}
    models = [{name: value for name, value in row.items() if name != "reported_by"} for row in rows]
    return {"reported_by": by, **{name: whole[name] for name in _COMPARED}, "models": models}


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    from otel_costing.rollup import sum_of

    return sum_of(amounts)


def _difference(ours: Decimal | None, theirs: Decimal | None) -> Row:
    """Return ours less theirs, and in percent of theirs to two places, as text: it is no amount."""
    if ours is None or theirs is None:
        return {"difference_usd": None, "difference_percent": None}
    percent = None if theirs == 0 else (100 * (ours - theirs) / theirs)
    return {
        "difference_usd": ours - theirs,
        "difference_percent": None
        if percent is None
        else f"{percent.quantize(_HUNDREDTH, ROUND_HALF_EVEN):+}",
    }


def _tokens(name: str, tokens: Tokens) -> Row:
    return {f"{name}_input": tokens.input, f"{name}_output": tokens.output}


def _plain(row: Row) -> Row:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }
