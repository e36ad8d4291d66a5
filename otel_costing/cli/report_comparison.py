"""`otel-costing report --compare A..B`: what changed, and whether by price, volume or mix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from rich.console import Console

from otel_costing.cli.ledger import refused_in_a_sentence
from otel_costing.cli.options import BadInput
from otel_costing.cli.output import named_cell, rounded_column, table
from otel_costing.comparison import Changed, Effects, changes, in_all
from otel_costing.documents.report import Row
from otel_costing.periods import month_after

if TYPE_CHECKING:
    from otel_costing.clickhouse.compared_periods import Period
    from otel_costing.clickhouse.store import Store

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_WEEK = re.compile(r"\d{4}-?W\d{2}", re.ASCII)
_MOST_ROWS = 20
_GAP, _SHORTEST_NAME = 2, 8
"""Characters between amounts, and of a name before it is folded."""
_HOW = "write two months, days, weeks or intervals: 2026-09..2026-10, 2026-W40..2026-W41, 2026-10-01/2026-10-08..2026-10-08/2026-10-15"
_AMOUNTS = ("before_usd", "after_usd", "change_usd")
_COUNTS = ("before_calls", "after_calls", "before_unpriced_calls", "after_unpriced_calls")
COMPARED = (*_AMOUNTS, *Effects._fields, *_COUNTS)
"""The columns beside the dimensions."""


def compared_of(text: str, zone: tzinfo) -> tuple[Period, Period]:
    """Read `A..B`: each a month, a week, a day, or two dates or instants with a slash between.

    Args:
        text: as it was given.
        zone: of what has no offset.

    Raises:
        BadInput: it is something else.
    """
    first, dots, second = text.partition("..")
    try:
        if not dots:
            raise ValueError  # noqa: TRY301 - refused in the same words as its halves
        return _period_of(first.strip(), zone), _period_of(second.strip(), zone)
    except (ValueError, OverflowError):
        raise BadInput(f"--compare: {text!r} is no A..B; {_HOW}.") from None


def _period_of(text: str, zone: tzinfo) -> Period:
    from otel_costing.clickhouse.compared_periods import Period

    since, slash, until = text.partition("/")
    if slash:
        period = Period(_instant(since, zone), _instant(until, zone))
    elif _MONTH.fullmatch(text):
        period = Period(_instant(f"{text}-01", zone), _instant(f"{month_after(text)}-01", zone))
    else:
        day = datetime.fromisoformat(text)
        days = 7 if _WEEK.fullmatch(text) else 1
        period = Period(day.replace(tzinfo=zone), (day + timedelta(days)).replace(tzinfo=zone))
        if day != datetime.combine(day.date(), datetime.min.time()):
            raise ValueError
    if period.since >= period.until:
        raise ValueError
    return period


def _instant(text: str, zone: tzinfo) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=zone)


def compared_document(
    store: Store,
    before: Period,
    after: Period,
    by: Sequence[str],
    *,
    pays: str,
    where: Sequence[tuple[str, str]],
    time_zone: str,
) -> dict[str, Any]:
    """Return two periods compared, as JSON has it: the largest change first; absent is None."""
    from otel_costing.clickhouse.compared_periods import bought
    from otel_costing.clickhouse.reports import report

    with refused_in_a_sentence():
        changed = changes(bought(store, before, after, by, pays=pays, where=where))
        counts = [
            {
                one.values: (one.calls, one.unpriced_calls)
                for one in report(
                    store, by, pays=pays, where=where, since=period.since, until=period.until
                )
            }
            for period in (before, after)
        ]
    whole = in_all(changed)
    return {
        "rows": [
            {**dict(zip(by, one.values, strict=True)), **_figures(one), **_calls(one, counts)}
            for one in changed
        ],
        **_figures(whole),
        "before": _interval(before),
        "after": _interval(after),
        "pays": pays,
        "time_zone": time_zone,
    }


def _figures(one: Changed) -> Row:
    effects = one.effects._asdict() if one.effects else dict.fromkeys(Effects._fields)
    return {**{name: getattr(one, name) for name in _AMOUNTS}, **effects}


def _calls(one: Changed, counts: Sequence[Mapping[Any, tuple[int, int]]]) -> Row:
    (before, before_unpriced), (after, after_unpriced) = (
        some.get(one.values, (0, 0)) for some in counts
    )
    return dict(zip(_COUNTS, (before, after, before_unpriced, after_unpriced), strict=True))


def _interval(period: Period) -> dict[str, str]:
    return {name: at.isoformat() for name, at in period._asdict().items()}


def show_comparison(out: Console, by: Sequence[str], document: Mapping[str, Any]) -> None:
    """Show what changed, then why, in two tables of the same rows."""
    rows: Sequence[Row] = document["rows"]
    for name in ("before", "after"):
        out.print(f"{name}: {document[name]['since']} to {document[name]['until']}", soft_wrap=True)
    _show(out, "what changed, USD", by, rows[:_MOST_ROWS], document, _AMOUNTS)
    why = _as_fits(out, by, [*rows[:_MOST_ROWS], dict(document)], Effects._fields)
    for columns in why:
        _show(out, "why, USD", by, rows[:_MOST_ROWS], document, columns)
    for said in _said(rows):
        out.print(said)


def _as_fits(
    out: Console, by: Sequence[str], every: Sequence[Row], columns: tuple[str, ...]
) -> Sequence[tuple[str, ...]]:
    """Return columns of amounts for one table, or half of them for each of two: a cut amount is another amount."""
    longest = max(map(len, rounded_column([row[name] for row in every for name in columns])))
    if (longest + _GAP) * len(columns) + _SHORTEST_NAME * len(by) <= out.width:
        return (columns,)
    half = len(columns) // 2
    return columns[:half], columns[half:]


def _show(
    out: Console,
    title: str,
    by: Sequence[str],
    rows: Sequence[Row],
    whole: Mapping[str, Any],
    columns: Sequence[str],
) -> None:
    shown = table(title=f"[bold]{title}[/]")
    for name in by:
        shown.add_column(name.replace("_", " "), overflow="fold")
    for column in columns:
        shown.add_column(column.removesuffix("_usd"), justify="right", no_wrap=True)
    every = [*rows, whole]
    amounts = iter(rounded_column([row[column] for row in every for column in columns]))
    texts: list[list[str]] = [[next(amounts) for _ in columns] for _ in every]
    for row, cells in zip(rows, texts, strict=False):
        shown.add_row(*(named_cell(row[name]) for name in by), *cells)
    shown.add_section()
    label = ["[bold]total[/]", *[""] * (len(by) - 1)] if by else []
    shown.add_row(*label, *(f"[bold]{cell}[/]" for cell in texts[-1]))
    out.print(shown)


def _said(rows: Sequence[Row]) -> Iterator[str]:
    yield "Rounded; json and csv have every digit, and the calls."
    if len(rows) > _MOST_ROWS:
        yield f"{len(rows) - _MOST_ROWS:,} smaller changes are in the total alone."
    unpriced = [sum(row[name] for row in rows) for name in _COUNTS[2:]]
    if any(unpriced):
        yield f"Calls without a price are in no amount: {unpriced[0]:,} before, {unpriced[1]:,} after."
