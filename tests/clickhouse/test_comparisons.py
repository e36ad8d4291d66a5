"""What others said that calls cost, beside what we say, and never in it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.clickhouse import reports
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.rollup import agrees, compared
from tests.calls import batch, entry
from tests.clickhouse.tables import rows


def told(call: LedgerEntry, usd: str | None, by: str = "llm.cost.total") -> LedgerEntry:
    """Return a call with somebody else's figure."""
    return call._replace(
        reported_usd=None if usd is None else Decimal(usd), reported_by=by if usd else ""
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("0.0045", "0.0045", True),
        ("0.0045", "0.004500001", True),
        ("0.0045", "0.0044956", True),
        ("0.0045", "0.00449", False),
        ("0.000000000500", "0.000000001400", True),
        ("0.000000000500", "0.000000001600", False),
        ("0", "0.001", False),
    ],
)
def test_figures_agree_within_a_thousandth(ours: str, theirs: str, same: bool) -> None:  # noqa: FBT001 - a table's column
    assert agrees(Decimal(ours), Decimal(theirs)) is same


FIGURES = st.one_of(
    st.none(),
    st.sampled_from(["0.0045", "0.0045044", "0.00450451", "0.004505", "0.004500001"]),
    st.decimals("0.000000000001", "999999999999", places=12).map(lambda one: f"{one:f}"),
)


@st.composite
def reported_calls(draw: st.DrawFn) -> list[LedgerEntry]:
    """Draw calls of 0.0045 USD, or without a full price, some taken back, as others report them."""
    calls = []
    for number in range(draw(st.integers(1, 14))):
        one = told(
            entry(number, unpriced=draw(st.sampled_from(["", "", "", "unknown_model"]))),
            draw(FIGURES),
            draw(st.sampled_from(["llm.cost.total", "operation.cost"])),
        )
        one = one._replace(model=draw(st.sampled_from(["m", "n", ""])))
        if one.status == "priced" and draw(st.integers(0, 3)) == 0:
            one = one._replace(status="partial")
        calls.append(one)
        if draw(st.integers(0, 4)) == 0:
            calls.append(reversal(one, "duplicate"))
    return calls


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=reported_calls())
def test_the_ledger_compares_as_the_pure_function_does(
    store: Store, calls: list[LedgerEntry]
) -> None:
    store.connection.command("TRUNCATE TABLE ledger")
    store.book(batch(calls, name=str(id(calls))))

    assert reports.reported_elsewhere(store) == compared(calls)


def test_only_calls_with_a_full_price_are_compared(store: Store) -> None:
    whole, without = told(entry(1), "0.009"), told(entry(2, unpriced="unknown_model"), "5")
    store.book(batch([whole, told(entry(3), "7")._replace(status="partial"), without]))

    (half, whole_, *_) = sorted(reports.reported_elsewhere(store), key=lambda one: one.model or "")

    assert (half.calls, half.compared_calls, half.partial_calls) == (2, 1, 1)
    assert (half.ours_usd, half.theirs_usd, half.differing_calls) == (
        whole.total_usd,
        Decimal("0.009"),
        1,
    )
    assert (whole_.compared_calls, whole_.ours_usd, whole_.unpriced_calls) == (0, None, 1)


def test_what_others_report_enters_no_total(store: Store) -> None:
    calls = [entry(number, unpriced="unknown_model" if number == 3 else "") for number in range(4)]
    store.book(batch([told(call, "1000") for call in calls]))
    store.rebuild_rollups()
    total = sum(call.total_usd or 0 for call in calls)

    for by in (["model"], ["meter"], ["status"], []):
        assert sum(row.usd or 0 for row in reports.report(store, by)) == total
    assert {one.usd for one in reports.coverage(store)} == {total}
    assert rows(store, "SELECT sum(usd) FROM rollup_daily") == [(total,)]
    assert rows(store, "SELECT total_usd FROM costs WHERE status = 'unpriced'") == [(None,)]


def test_comparisons_are_cut_by_the_time_of_the_call(store: Store) -> None:
    store.book(batch([told(entry(1), "0.0045")]))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert len(reports.reported_elsewhere(store, since=noon)) == 1
    assert reports.reported_elsewhere(store, until=noon) == []
