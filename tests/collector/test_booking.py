"""What lies in the spool is booked once, settled first, whatever the ledger does meanwhile; then it is forgotten."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.kept_spans import KeptSpans
from otel_costing.rates import packaged_rates
from otel_costing_collector.booking import Ledger
from otel_costing_collector.spool_record import SpooledRequest
from tests.collector.bench import Bench, calls


def test_what_was_acknowledged_is_booked_once_and_forgotten(bench: Bench) -> None:
    for number in range(1, 6):
        bench.put(calls(number))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT count(), sum(sign), sum(total_usd) FROM ledger") == [
        (5, 5, Decimal("0.0225"))
    ]
    assert (
        bench.telemetry.registry.get_sample_value(
            "otel_costing_booked_calls_total", {"status": "priced"}
        )
        == 5
    )


def test_a_trace_that_comes_in_two_requests_is_settled_before_it_is_booked(bench: Bench) -> None:
    bench.put(calls(2, scope="native", parent=1))
    bench.put(calls(1, scope="framework"))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT kind, count() FROM ledger GROUP BY kind") == [("charge", 1)]


def test_what_came_too_late_for_that_is_settled_by_an_offsetting_entry(bench: Bench) -> None:
    bench.begin()
    bench.put(calls(1, scope="framework"))
    bench.until_empty()
    bench.put(calls(2, scope="native", parent=1))
    bench.until_empty()

    bench.until(lambda: bench.ask("SELECT sum(sign) FROM ledger") == [(1,)])
    assert bench.ask("SELECT count() FROM costs") == [(1,)]


def test_a_ledger_that_is_away_is_offered_the_same_until_it_takes_it(bench: Bench) -> None:
    bench.ledger.outages = 3
    bench.ledger.forgets_to_answer = 1
    bench.put(calls(1, 2, 3))
    booking = bench.begin()
    bench.until(lambda: booking.failing() != "")
    bench.until_empty()

    assert bench.ask("SELECT count(), uniqExact(entry_id) FROM ledger") == [(3, 3)]
    bench.until(lambda: booking.failing() == "")


def test_a_ledger_that_cannot_be_opened_yet_keeps_nothing_from_the_spool(bench: Bench) -> None:
    refusals = iter([StoreUnavailable("not yet"), StoreUnavailable("not yet")])

    def opened() -> Ledger:
        for refused in refusals:
            raise refused
        return bench.ledger

    bench.put(calls(1))
    bench.begin(opened)
    bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(1,)]


def test_a_poison_span_is_set_aside_with_its_reason_and_holds_up_no_other(bench: Bench) -> None:
    poisoned = (3).to_bytes(8).hex()
    bench.ledger.refuses_spans = {poisoned}
    bench.put(calls(1, 2))
    poison = bench.put(calls(3, 4, 5))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(4,)]
    (letter,) = bench.dead_letters.list()
    (refusal,) = letter.refusals
    assert (letter.number, refusal.span_id) == (poison, poisoned)
    assert "does not fit" in refusal.reason
    kept = bench.dead_letters.request(poison)
    assert kept is not None
    assert kept.body.count((3).to_bytes(8)) == 1


def test_a_stop_leaves_what_is_not_booked_in_the_spool(bench: Bench) -> None:
    bench.ledger.outages = 10**6
    bench.put(calls(1, 2))
    booking = bench.begin()
    bench.until(lambda: booking.failing() != "")

    assert booking.stop(20)
    assert booking.stop(20)
    assert bench.spool.state().requests == 1

    bench.ledger.outages = 0
    bench.begin()
    bench.until_empty()
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]


def test_the_same_request_again_is_no_second_charge(bench: Bench) -> None:
    body = calls(1, 2)
    bench.begin()
    for _ in range(3):
        bench.put(body)
        bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(2,)]


def test_a_span_that_names_an_earlier_book_is_priced_by_it(bench: Bench, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(
        "name: half\n"
        "contracts:\n"
        "  - {provider: openai, models: gpt-4o, from: 2020-01-01, discount_percent: '50', source: x, checked: 2026-01-01}\n"
    )
    cheaper, problems = packaged_rates().with_overrides(overrides)
    assert cheaper is not None, problems
    earlier = packaged_rates().digest
    bench.books.use(cheaper)
    bench.put(calls(1, digest=earlier))
    bench.put(calls(2, digest="of nobody"))
    bench.begin()
    bench.until_empty()

    booked = bench.ask("SELECT rates_digest, total_usd * 10000 FROM ledger ORDER BY total_usd")
    assert booked == [(cheaper.digest, Decimal("22.5")), (earlier, Decimal(45))]
    assert bench.ask("SELECT uniqExact(rates_digest) FROM rates") == [(2,)]


def test_the_skeletons_that_are_not_wanted_are_not_kept(bench: Bench) -> None:
    bench.put(calls(1, 2))
    bench.begin(kept=KeptSpans.NONE)
    bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(2,)]
    assert bench.ask("SELECT count() FROM spans") == [(0,)]


def test_what_settling_corrects_is_counted_by_its_cause(bench: Bench) -> None:
    bench.begin()
    bench.put(calls(1, scope="framework"))
    bench.until_empty()
    bench.put(calls(2, scope="native", parent=1))

    counted = bench.telemetry.registry.get_sample_value
    bench.until(lambda: counted("otel_costing_corrected_calls_total", {"cause": "wrapper"}) == 1)
    assert counted("otel_costing_new_calls_total") == 2


def test_settling_that_fails_in_any_way_is_tried_again_and_booking_goes_on(bench: Bench) -> None:
    bench.ledger.settlings_fail = 2
    booking = bench.begin(settle_s=0.05)
    bench.put(calls(1))
    bench.until(lambda: bench.ledger.settlings_fail == 0)
    bench.put(calls(2))
    bench.until_empty()

    assert booking.ailing() == ""
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]


def test_after_a_restart_on_an_emptied_spool_it_waits_for_the_next_request(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(calls(1))
    booking = bench.begin()
    bench.until_empty()
    assert booking.stop(20)
    reads = []
    read = bench.spool.unbooked

    def counted(after: int = -1) -> list[SpooledRequest]:
        reads.append(after)
        return read(after)

    monkeypatch.setattr(bench.spool, "unbooked", counted)

    bench.begin()
    threading.Event().wait(0.5)  # nothing is to happen in it
    assert len(reads) < 5
    bench.put(calls(2))
    bench.until_empty()
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]
