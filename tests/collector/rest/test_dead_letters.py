"""An event that no ledger takes is set aside by name, and holds up no other."""

from __future__ import annotations

import time

from otel_costing.usage_events import UsageEvent, call_id_of_request, encoded, record_of
from otel_costing_collector.outline import outline_of
from otel_costing_collector.spool_record import Encoding, Kind
from tests.collector.bench import Bench


def event(request_id: str) -> UsageEvent:
    now_ns = time.time_ns()
    return UsageEvent(
        call_id=call_id_of_request("search", "", request_id),
        request_id=request_id,
        provider="openai",
        model="gpt-4o",
        usage={"input": 1000},
        started_ns=now_ns - 10**9,
        ended_ns=now_ns,
    )


def put(bench: Bench, body: bytes) -> int:
    kept = bench.spool.append(body, Kind.USAGE, encoding=Encoding.JSON, received_ns=time.time_ns())
    return kept.result(10)


def test_an_event_that_the_ledger_refuses_is_set_aside_and_the_others_are_booked(
    bench: Bench,
) -> None:
    good, poison = event("good"), event("poison")
    bench.ledger.refuses_spans = {record_of(poison).span_id}
    number = put(bench, encoded([good, poison]))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT source_document FROM ledger") == [("good",)]
    (letter,) = bench.dead_letters.list()
    assert (letter.number, letter.refusals[0].span_id) == (number, record_of(poison).span_id)
    request = bench.dead_letters.request(number)
    assert request is not None
    shown = outline_of(request)["spans"]
    blamed = [one for one in shown if one["span_id"] == letter.refusals[0].span_id]
    assert [one["request_id"] for one in blamed] == ["poison"]


def test_a_record_of_another_version_is_set_aside_whole(bench: Bench) -> None:
    number = put(bench, b'[{"of": "tomorrow"}]')
    put(bench, encoded([event("good")]))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT source_document FROM ledger") == [("good",)]
    (letter,) = bench.dead_letters.list()
    assert letter.number == number
    assert "of this version" in letter.refusals[0].reason
    request = bench.dead_letters.request(number)
    assert request is not None
    assert outline_of(request)["spans"] is None
