"""Invoices beside a real ledger: compared by SQL as by hand, posted once whatever is cut short or booked in between."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otel_costing.adjustments import Share, Target, adjustment_id_of
from otel_costing.attribution import Attribution
from otel_costing.clickhouse import reconciled
from otel_costing.clickhouse.columns import entry_of
from otel_costing.clickhouse.reconciled import Extent
from otel_costing.clickhouse.reconciling import Span, compared, posting, stated, undo
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.settling import EVERYTHING as EVER
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.finops.invoices.amounts import DAY_NS, day_of_instant
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.drift import summed
from otel_costing.finops.reconciliation.matching import Booked
from otel_costing.finops.reconciliation.posting import next_posting
from otel_costing.finops.reconciliation.remainders import Remainder
from otel_costing.ledger import LedgerEntry, content_digest, digest, reversal
from otel_costing.rollup import net, sum_of
from tests.calls import NOON, batch, entry
from tests.clickhouse.dying import dying_at
from tests.clickhouse.random_ledgers import ROOTS, ledgers
from tests.clickhouse.tables import rows
from tests.finops.reconciliation import sides

DAY = (day_of_instant(NOON) - sides.DAY) // DAY_NS
EVERYTHING = Span(None, None)
SEARCH, DRAFTS = Attribution(team="search"), Attribution(team="drafts", feature="mail")
A_FEW = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def line(usd: str, meter: str = "input", *, day: int = 0, **options: object) -> InvoiceLine:
    """Return what is billed for a model's meter of the day of the calls."""
    return sides.line(usd, "m", meter, day=DAY + day, **options)  # type: ignore[arg-type]


def post(store: Store, lines: Sequence[InvoiceLine], document: str = "costs.json") -> int:
    """Post what lines bill beyond the ledger; return how many entries that took."""
    found = compared(store, lines, EVERYTHING, "")
    steps = posting(store, found, documents={"d" * 32: document}, account="", note="signed off")
    return list(steps)[-1].entries


def adjustments(store: Store) -> list[tuple[object, ...]]:
    """Return what is posted, apart from when."""
    return rows(
        store,
        "SELECT entry_id, content_digest, team, feature, occurred_at, total_usd, tags, source_document "
        "FROM ledger FINAL WHERE kind = 'adjustment' ORDER BY entry_id",
    )


def usd(store: Store) -> Decimal:
    return Decimal(rows(store, "SELECT sum(total_usd) FROM costs")[0][0])


def emptied(store: Store) -> None:
    """Take out what these tests write; the fixture has emptied the rest."""
    for table in ("ledger", "batches", "spans", "reconciled_lines"):
        store.connection.command(f"TRUNCATE TABLE {table}")


@pytest.fixture
def booked(store: Store) -> Store:
    """Three calls of search and one of drafts, 2.50 USD a million tokens in: 0.01 USD, and 0.008 out."""
    some = [entry(number, attribution=SEARCH) for number in range(3)]
    store.book(batch([*some, entry(3, attribution=DRAFTS)]))
    return store


@given(ledgers())
@A_FEW
def test_booked_totals_are_those_of_the_entries_net_of_reversals(
    store: Store, entries: list[LedgerEntry]
) -> None:
    emptied(store)
    store.book(batch(entries))
    expected: dict[tuple[int, str, str], list[tuple[int, Decimal | None]]] = {}
    for one in net(entries):
        for item in one.items:
            key = (day_of_instant(one.occurred_ns), one.model, item.meter)
            expected.setdefault(key, []).append((item.quantity, item.amount_usd))

    assert reconciled.booked_totals(store, Extent("acme", 0, 2**62, "")) == [
        Booked(
            "acme",
            day_ns,
            model,
            meter,
            Decimal(sum(quantity for quantity, usd in items if usd is not None)),
            sum_of(usd for _, usd in items) or Decimal(0),
            Decimal(sum(quantity for quantity, usd in items if usd is None)),
        )
        for (day_ns, model, meter), items in sorted(expected.items())
    ]


def test_a_remainder_goes_to_those_who_caused_the_matched_cost(booked: Store) -> None:
    assert post(booked, [line("0.014"), line("0.01", "output")]) == 4

    by_team = {
        row.values[0]: (row.usd, row.calls) for row in report(booked, ["team"], pays="owner")
    }
    assert by_team == {
        "search": (Decimal("0.018"), 3),
        "drafts": (Decimal("0.006"), 1),
    }
    by_meter = {row.values[0]: row.usd for row in report(booked, ["meter"])}
    assert by_meter == {"input": Decimal("0.014"), "output": Decimal("0.01")}


def test_what_matches_nothing_goes_to_nobody(booked: Store) -> None:
    post(booked, [line("0.01"), sides.line("2", "", "", kind=Kind.TAX, day=DAY)])

    assert {row.values[0]: row.usd for row in report(booked, ["team"], pays="owner")}[
        None
    ] == Decimal(2)


def test_after_posting_the_ledger_comes_to_what_is_billed_from_every_side(booked: Store) -> None:
    lines = [line("0.014"), line("0.0123456789012", "output"), line("3", "web_search")]
    post(booked, lines)
    booked.rebuild_rollups()
    billed = Decimal("3.026345678901")

    assert usd(booked) == billed
    for by in (["team"], ["provider", "model"], ["meter"], ["day"], ["billing_period"]):
        for pays in ("caller", "owner"):
            assert sum(row.usd or 0 for row in report(booked, by, pays=pays)) == billed
    assert rows(booked, "SELECT sum(usd), sum(calls) FROM rollup_daily") == [(billed, 4)]
    assert summed(
        stated(booked, compared(booked, lines, EVERYTHING, ""))
    ).drift_usd.copy_abs() < Decimal("1e-12")


def test_adjustments_read_back_keep_their_identity_and_digest(booked: Store) -> None:
    post(booked, [line("0.014"), line("1", "output", account="proj")])

    names, found = booked.connection.query(_READ)
    entries = [entry_of(dict(zip(names, row, strict=True))) for row in found]
    assert len(entries) == 4
    for one in entries:
        assert one.entry_id == adjustment_id_of(one)
        assert one.content_digest == content_digest(one)
        assert sum(item.amount_usd or 0 for item in one.items) == one.total_usd


def test_posting_again_posts_nothing_in_whatever_file_and_order_the_lines_come(
    booked: Store,
) -> None:
    lines = [line("0.014"), line("0.01", "output"), line("7", "web_search")]
    post(booked, lines)
    before = adjustments(booked)

    again = [one._replace(document="e" * 32, place="other.csv:9") for one in reversed(lines)]
    assert post(booked, again, "other.csv") == 0
    assert post(booked, again[:1]) == 0
    assert adjustments(booked) == before


def test_calls_that_come_later_are_told_and_change_no_posting(booked: Store) -> None:
    lines = [line("0.014")]
    post(booked, lines)
    before = adjustments(booked)
    booked.book(batch([entry(9, {"input": 400})], name="late"))

    assert post(booked, lines) == 0
    assert adjustments(booked) == before
    found = stated(booked, compared(booked, lines, EVERYTHING, ""))
    (drifting,) = [one for one in found if one.explained.match.lines]
    assert drifting.drift_usd == Decimal("-0.001")


def test_a_corrected_line_posts_what_the_ledger_lacks_then(booked: Store) -> None:
    post(booked, [line("0.014")])
    booked.book(batch([entry(9, {"input": 400})], name="late"))

    assert post(booked, [line("0.018")._replace(document="e" * 32)]) == 2
    assert rows(booked, "SELECT sum(total_usd) FROM ledger FINAL WHERE kind = 'adjustment'") == [
        (Decimal("0.007"),)
    ]
    assert rows(
        booked, "SELECT DISTINCT team FROM ledger WHERE kind = 'adjustment' ORDER BY 1"
    ) == [
        ("drafts",),
        ("search",),
    ]


def test_a_day_that_was_not_over_when_it_was_posted_is_not_booked_twice(booked: Store) -> None:
    post(booked, [line("0.01")])
    booked.book(batch([entry(9, {"input": 4000})], name="rest of the day"))

    assert post(booked, [line("0.02")]) == 0
    assert usd(booked) == Decimal("0.028")
    assert post(booked, [line("0.02")]) == 0


@pytest.mark.parametrize("named", ["costs.json", "d" * 32])
def test_undoing_a_document_offsets_it_and_it_can_be_posted_anew(booked: Store, named: str) -> None:
    lines = [line("0.014"), line("0.01", "output")]
    before = usd(booked)
    post(booked, lines)

    assert list(undo(booked, named, "wrong month"))[-1].entries == 4
    assert usd(booked) == before
    assert list(undo(booked, named, ""))[-1].entries == 0
    assert post(booked, lines) == 4
    assert usd(booked) == Decimal("0.024")


def test_what_is_booked_is_set_against_lines_of_several_exports_once(booked: Store) -> None:
    both = [line("0.004", account="one"), line("0.012", account="two")]
    post(booked, both[:1])
    post(booked, both[1:])

    assert sum_of(row.usd for row in report(booked, ["model"])) == Decimal("0.024")
    for some in (both, both[:1], both[1:]):
        found = stated(booked, compared(booked, some, EVERYTHING, ""))
        assert [one.drift_usd for one in found if one.explained.match.lines] == [0]


def test_settling_leaves_adjustments_alone(booked: Store) -> None:
    post(booked, [line("0.014")])
    before = adjustments(booked)

    assert booked.settle(now_ns=NOON, since=EVER).entries == 0
    assert adjustments(booked) == before


def test_a_line_of_a_closed_month_is_billed_in_the_next_open_one(booked: Store) -> None:
    closing = {"billing_period": ["2026-11"], "state": ["closed"]}
    booked.connection.insert("periods", closing, token=digest("closed"))
    post(booked, [line("0.014")])

    assert rows(
        booked,
        "SELECT DISTINCT billing_period, toDate(occurred_at)::String FROM costs WHERE kind = 'adjustment'",
    ) == [("2026-12", "2026-11-22")]


def test_what_is_cut_short_at_any_insert_is_completed_as_it_was_decided(store: Store) -> None:
    lines = [line("0.014"), line("0.01", "output"), line("0.4", day=1)]
    sealed = set()
    for insert in (1, 2, 3, 6):  # before and after each decision, and each of its entries
        emptied(store)
        store.book(batch([entry(0, attribution=SEARCH), entry(1, attribution=DRAFTS)]))
        try:
            post(Store(dying_at(store.connection, insert, is_done=False)), lines)
        except StoreUnavailable:
            sealed.add(rows(store, "SELECT count() FROM reconciled_lines")[0][0])
            # The basis moves: what is sealed must not.
            store.book(batch([entry(7, attribution=Attribution(team="late"))], name="late"))
        decided = rows(store, _SEALED)
        post(store, lines)
        posted = adjustments(store)

        assert post(store, lines) == 0
        assert adjustments(store) == posted
        assert rows(store, _POSTED) == rows(store, _SEALED)
        assert set(decided) <= set(rows(store, _SEALED))
        assert reconciled.cut_short(store) == []
    assert sealed == {0, 1, 2, 3}


def test_of_two_that_post_one_line_at_once_the_first_decides(booked: Store) -> None:
    both = [
        next_posting(
            Remainder(line("0.014"), Decimal("0.014"), Decimal("0.01")),
            [],
            {Target(team=team): Decimal(1)},
            document_name="costs.json",
            note=team,
        )
        for team in ("first", "second")
    ]
    for one in both:
        assert one is not None
        (sealed,) = reconciled.post(booked, [one])
        assert sealed.shares == (Share(Target(team="first"), Decimal(1), Decimal("0.004")),)

    assert rows(booked, "SELECT team, total_usd FROM costs WHERE kind = 'adjustment'") == [
        ("first", Decimal("0.004"))
    ]


def test_two_stores_that_decide_a_line_at_once_book_one_decision(
    booked: Store, shared_dsn: str
) -> None:
    """From two exports, of other lines beside it, for other targets: the ids of the entries would not collide."""
    shared = line("0.014")
    given = {
        "first": [line("1", "output"), shared],
        "second": [shared._replace(document="e" * 32), line("2", day=1)],
    }
    decided = {
        team: [
            next_posting(
                Remainder(one, one.amount_usd, Decimal(0)),
                [],
                {Target(team=team): Decimal(1)},
                document_name="",
                note="",
            )
            for one in lines
        ]
        for team, lines in given.items()
    }
    with Store.open(shared_dsn) as other:
        for store, team in ((booked, "first"), (other, "second")):
            reconciled.post(store, [one for one in decided[team] if one is not None])

    assert rows(booked, "SELECT count() FROM reconciled_lines") == [(3,)]
    posted = "SELECT team, total_usd FROM costs WHERE kind = 'adjustment' ORDER BY ALL"
    assert rows(booked, posted) == [
        ("first", Decimal("0.014")),
        ("first", Decimal(1)),
        ("second", Decimal(2)),
    ]


@given(ledgers(), st.lists(st.decimals("0", "100", places=13), min_size=4, max_size=4), st.data())
@A_FEW
def test_posting_a_random_invoice_in_any_split_brings_each_day_to_what_is_billed(
    store: Store, entries: list[LedgerEntry], amounts: list[Decimal], data: st.DataObject
) -> None:
    emptied(store)
    store.book(batch(entries, ROOTS))
    lines = [
        line(str(amount), meter, day=day, account=str(number))
        for number, (amount, meter, day) in enumerate(
            zip(amounts, ("input", "input", "output", ""), (0, 0, 0, 1), strict=True)
        )
    ]
    order = data.draw(st.permutations(lines))
    cut = data.draw(st.integers(1, 3))
    for some in (order[:cut], order[cut:], lines):
        post(store, some)
    found = stated(store, compared(store, lines, EVERYTHING, ""))

    for one in found:
        if one.explained.match.lines:
            assert abs(one.drift_usd) <= Decimal("2e-12")
    for pays in ("caller", "owner"):
        parts = [row.usd or Decimal(0) for row in report(store, ["team", "feature"], pays=pays)]
        assert sum(parts) == (rows(store, "SELECT sum(total_usd) FROM costs")[0][0] or 0)
    assert rows(store, _POSTED) == rows(store, _SEALED)


def test_reversed_calls_bear_nothing(store: Store) -> None:
    one = entry(0, attribution=SEARCH)
    store.book(batch([one, reversal(one, "duplicate"), entry(1, attribution=DRAFTS)]))
    post(store, [line("1")])

    assert rows(store, "SELECT DISTINCT team FROM costs WHERE kind = 'adjustment'") == [("drafts",)]


_POSTED = "SELECT call_id, sum(total_usd) FROM ledger FINAL WHERE kind = 'adjustment' GROUP BY 1 ORDER BY 1"
_SEALED = """
SELECT line_key, sum(posted_usd) FROM reconciled_lines FINAL
GROUP BY 1 HAVING sum(arrayCount(usd -> usd != 0, shares.amount_usd)) > 0 ORDER BY 1
"""
_READ = """
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM ledger FINAL
WHERE kind = 'adjustment'
"""
