"""The sections of `otel-costing coverage` for people: 80 columns, amounts whole, the longest lists cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console

from otel_costing.cli.coverage_rows import Row, by_reporter
from otel_costing.cli.output import money_column, named_cell, on_one_line, table, verbatim

if TYPE_CHECKING:
    from rich.table import Table

MOST_ROWS = 20
"""Shown of one list; json and csv have all."""
_NARROWEST_NAME, _SHARES_WIDTH = 16, 62
"""Characters for names, and those that the shares beside them take."""
_UNKNOWN = "unknown"
_ASKED_MOST = (
    "team",
    "project",
    "workflow",
    "feature",
    "customer_id",
    "environment",
)


def show_attribution(out: Console, rows: Sequence[Row]) -> None:
    """Show one line per attribution: how many calls, and how many USD, carry it; or `_show_by` where they are by something."""
    by = next(iter(rows[0]))
    if by != "dimension":
        _show_by(out, by, rows)
        return
    shown = table(caption=_unsaid(rows))
    shown.add_column("attribution")
    for name in ("calls", "of calls", "USD", "of USD"):
        shown.add_column(name, justify="right", no_wrap=True)
    said = [row for row in rows if row["attributed_calls"]]
    amounts = money_column([row["attributed_usd"] for row in said])
    for row, usd in zip(said, amounts, strict=True):
        shown.add_row(
            row["dimension"].replace("_", " "),
            f"{row['attributed_calls']:,}",
            _share(row["attributed_calls"], row["calls"]),
            usd,
            _share(row["attributed_usd"], row["usd"]),
        )
    out.print(shown)


def _show_by(out: Console, by: str, rows: Sequence[Row]) -> None:
    """Show a row for each value, the most calls first: how many of them say each of what is asked most."""
    groups: dict[str | None, dict[str, Row]] = {}
    for row in rows:
        groups.setdefault(row[by], {})[row["dimension"]] = row
    ordered = sorted(groups.items(), key=lambda group: -_any(group[1])["calls"])
    more = len(ordered) - MOST_ROWS
    unseen = f" And {more:,} more." if more > 0 else ""
    shown = table(caption=f"Shares are of calls.{unseen} JSON has all, of USD too.")
    name_width = max(_NARROWEST_NAME, out.width - _SHARES_WIDTH)
    shown.add_column(by.replace("_", " "), overflow="fold", max_width=name_width)
    kinds = [name for name in _ASKED_MOST if name != by]
    for name in ("calls", *kinds):
        longest = max(map(len, name.split("_")))
        shown.add_column(name.replace("_", " "), justify="right", min_width=longest)
    for value, said in ordered[:MOST_ROWS]:
        shares = (_share(said[name]["attributed_calls"], said[name]["calls"]) for name in kinds)
        shown.add_row(named_cell(value), f"{_any(said)['calls']:,}", *shares)
    out.print(shown)


def _any(kinds: Mapping[str, Row]) -> Row:
    return next(iter(kinds.values()))


def _unsaid(rows: Sequence[Row]) -> str | None:
    names = [row["dimension"].replace("_", " ") for row in rows if not row["attributed_calls"]]
    return f"Nobody said: {', '.join(names)}." if names else None


def _share(part: Decimal | int | None, whole: Decimal | int | None) -> str:
    """Return a share in whole percent, rounded down: 100 % is all."""
    return f"{100 * part // whole:.0f} %" if part is not None and whole else "-"


def show_unpriced(out: Console, rows: Sequence[Row]) -> None:
    """Show the calls without a price, most first, and for each reason what mends it and where to begin."""
    shown = _listing(rows, ("reason", "provider", "model"), ("calls",))
    for row in rows[:MOST_ROWS]:
        shown.add_row(*_names(row, "reason", "provider", "model"), f"{row['calls']:,}")
    out.print(shown)
    first_of = {row["reason"]: row for row in reversed(rows)}
    for reason, row in sorted(first_of.items()):
        out.print(f"{on_one_line(reason)}: {row['remedy']}; begin with", markup=False)
        out.print(f"  {on_one_line(row['command'])}", markup=False, soft_wrap=True)


def show_emitted(out: Console, rows: Sequence[Row]) -> None:
    """Show what applications counted beside what is booked."""
    shown = _listing(rows, ("service", "model"), ("counted", "booked", "difference", "copies"))
    for row in rows[:MOST_ROWS]:
        name = f"{row['provider'] or _UNKNOWN}/{row['model'] or _UNKNOWN}"
        difference = "-" if row["difference_calls"] is None else f"{row['difference_calls']:+,}"
        counted = "-" if row["emitted_calls"] is None else f"{row['emitted_calls']:,}"
        figures = (counted, f"{row['booked_calls']:,}", difference, f"{row['copies']:,}")
        shown.add_row(*_names(row, "service"), verbatim(on_one_line(name)), *figures)
    out.print(shown)
    out.print("- is counted nowhere; copies are spans of calls that another is booked for.")


def show_reported(out: Console, rows: Sequence[Row]) -> None:
    """Show what others say in all, each of them, and then the models where ours and theirs differ most."""
    reporters = by_reporter(rows)
    out.print(_compared("reported by", [row["reported_by"] for row in reporters], reporters))
    out.print(_agreement(rows))
    differing = [row for row in rows if row["differing_calls"]]
    if differing:
        names = [
            f"{row['provider'] or _UNKNOWN}/{row['model'] or _UNKNOWN} {row['reported_by']}"
            for row in differing
        ]
        out.print(_compared("where they differ most", names, differing))


def _compared(heading: str, names: Sequence[str], rows: Sequence[Row]) -> Table:
    shown = _listing(rows, (heading,), ("calls", "ours USD", "theirs USD", "difference", "%"))
    columns = ("ours_usd", "theirs_usd", "difference_usd")
    amounts = [money_column([row[name] for row in rows[:MOST_ROWS]]) for name in columns]
    for name, row, *money in zip(names, rows, *amounts, strict=False):
        percent = row["difference_percent"] or "-"
        shown.add_row(verbatim(on_one_line(name)), f"{row['calls']:,}", *money, percent)
    return shown


def _agreement(rows: Sequence[Row]) -> str:
    differing, compared = (_all(rows, name) for name in ("differing_calls", "compared_calls"))
    apart = _all(rows, "partial_calls") + _all(rows, "unpriced_calls")
    left_out = f" {apart:,} more have no full price here and are not compared." if apart else ""
    return f"{differing:,} of {compared:,} calls differ by more than a thousandth.{left_out}"


def _all(rows: Sequence[Row], name: str) -> int:
    return sum(row[name] for row in rows)


def show_conflicts(out: Console, rows: Sequence[Row]) -> None:
    """Show the calls that something contradicts, those of one response together."""
    shown = _listing(rows, ("trace", "response id", "why"), ("USD",))
    amounts = money_column([row["usd"] for row in rows[:MOST_ROWS]])
    for row, usd in zip(rows, amounts, strict=False):
        shown.add_row(*_names(row, "trace_id", "response_id", "why"), usd)
    out.print(shown)


def show_uncovered_usage(out: Console, rows: Sequence[Row]) -> None:
    """Show the agents' spans that say more tokens than their calls, most first."""
    shown = _listing(rows, ("trace", "agent or service"), ("missing input", "missing output"))
    for row in rows[:MOST_ROWS]:
        name = row["agent"] or row["service"] or _UNKNOWN
        missing = (f"{row['missing_input']:,}", f"{row['missing_output']:,}")
        shown.add_row(verbatim(row["trace_id"]), verbatim(on_one_line(name)), *missing)
    out.print(shown)


def show_absorbed(out: Console, rows: Sequence[Row]) -> None:
    """Show which instrumentation's spans were not charged for which other's sake."""
    shown = _listing(rows, ("kind", "not charged", "charged instead"), ("spans",))
    for row in rows[:MOST_ROWS]:
        names = _names(row, "kind", "absorbed_scope", "booked_scope")
        shown.add_row(*names, f"{row['spans']:,}")
    out.print(shown)


def show_retries(out: Console, rows: Sequence[Row]) -> None:
    """Show what calls cost that tried again what had failed."""
    shown = _listing(rows, ("service", "provider", "model"), ("calls", "USD"))
    amounts = money_column([row["usd"] for row in rows[:MOST_ROWS]])
    for row, usd in zip(rows, amounts, strict=False):
        shown.add_row(*_names(row, "service", "provider", "model"), f"{row['calls']:,}", usd)
    out.print(shown)


def show_missing_tags(out: Console, rows: Sequence[Row]) -> None:
    """Show the calls that lack mandatory tags, by who is to see to it."""
    shown = _listing(rows, ("owner", "service", "missing"), ("calls", "USD"))
    amounts = money_column([row["usd"] for row in rows[:MOST_ROWS]])
    for row, usd in zip(rows, amounts, strict=False):
        shown.add_row(*_names(row, "owner", "service", "missing"), f"{row['calls']:,}", usd)
    out.print(shown)


def show_sender_claims(out: Console, rows: Sequence[Row]) -> None:
    """Show which data is not of the team it says."""
    shown = _listing(rows, ("sender", "service", "says", "charged to"), ("days",))
    for row in rows[:MOST_ROWS]:
        names = _names(row, "sender", "service", "claimed_team")
        shown.add_row(*names, named_cell(row["team"]), f"{row['days']:,}")
    out.print(shown)


def _listing(rows: Sequence[Row], names: Sequence[str], figures: Sequence[str]) -> Table:
    more = len(rows) - MOST_ROWS
    shown = table(caption=f"and {more:,} more: --format json has all" if more > 0 else None)
    for name in names:
        shown.add_column(name, overflow="fold", no_wrap=name == "trace")
    for name in figures:
        shown.add_column(name, justify="right", no_wrap=True)
    return shown


def _names(row: Row, *columns: str) -> list[str]:
    return [verbatim(on_one_line(str(row[name] or _UNKNOWN))) for name in columns]


Show = Callable[[Console, Sequence[Row]], None]
TABLES: Mapping[str, tuple[str, str, Show]] = {
    "attribution": ("Who caused it", "Nothing is booked.", show_attribution),
    "unpriced": ("What has no price", "Every call has a price.", show_unpriced),
    "emitted": ("Calls counted where they were made", "Nothing was counted.", show_emitted),
    "reported": ("What others say it cost", "Nobody else named a cost.", show_reported),
    "conflicts": ("Calls that something contradicts", "None.", show_conflicts),
    "uncovered_usage": (
        "Agents' spans that say more than their calls",
        "None.",
        show_uncovered_usage,
    ),
    "absorbed": ("Spans that repeat a call, charged once", "None.", show_absorbed),
    "retries": ("Calls that tried again what had failed", "None.", show_retries),
    "quarantined": ("Calls in quarantine: booked, charged to nobody", "None.", show_missing_tags),
    "missing_tags": ("Calls that lack mandatory tags", "None.", show_missing_tags),
    "sender_claims": ("Data that is not of the team it says", "None.", show_sender_claims),
}
"""For each section its title, what is said where it has no rows, and its table."""
