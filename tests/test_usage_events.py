"""A usage event is one call, known by its request id, priced and placed as a span that tells the same would be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import FIELDS, Attribution
from otel_costing.decoded import Undecodable
from otel_costing.examined import Examined, examine
from otel_costing.ledger import LedgerEntry
from otel_costing.meters import METERS
from otel_costing.rates import packaged_rates
from otel_costing.settlement import settle
from otel_costing.spans import SpanRecord
from otel_costing.trace_tree import tree
from otel_costing.usage_events import (
    UsageEvent,
    call_id_of_request,
    contradictions,
    decoded,
    encoded,
    examine_event,
)

NOON_NS = 1_795_348_800 * 10**9
SECOND_NS = 10**9
TRACE_ID, PARENT_ID, CALL_SPAN_ID = "a" * 32, "b" * 16, "c" * 16


def event(request_id: str = "order-1", **said: Any) -> UsageEvent:
    usual: dict[str, Any] = {
        "call_id": call_id_of_request("search", "", request_id),
        "request_id": request_id,
        "provider": "openai",
        "model": "gpt-4o",
        "usage": {"input": 1000, "output": 200},
        "started_ns": NOON_NS - SECOND_NS,
        "ended_ns": NOON_NS,
        "attribution": Attribution(team="search"),
        "operation": "chat",
    }
    return UsageEvent(**{**usual, **said})


def told_by(one: UsageEvent) -> LedgerEntry:
    account = examined(one).account
    assert account is not None
    return account


def examined(one: UsageEvent) -> Examined:
    return examine_event(one, packaged_rates(), NOON_NS + SECOND_NS, sender="token")


def span(span_id: str, **said: object) -> SpanRecord:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 200,
        "otel_costing.team": "search",
        **said,
    }
    return SpanRecord(
        *(TRACE_ID, span_id, "", "chat gpt-4o", "client", NOON_NS - SECOND_NS, NOON_NS),
        attributes=attributes,
        scope_name="native",
        scope_version="",
        resource={},
        failed=False,
    )


def span_account(record: SpanRecord) -> LedgerEntry:
    account = examine(record, packaged_rates(), NOON_NS + SECOND_NS).account
    assert account is not None
    return account


def test_an_event_and_a_span_of_the_same_call_state_the_same_cost() -> None:
    by_event, by_span = told_by(event()), span_account(span(CALL_SPAN_ID))

    same = ("items", "total_usd", "rate_id", "provider", "model", "service_tier", "status")
    assert [getattr(by_event, name) for name in same] == [getattr(by_span, name) for name in same]
    assert by_event.total_usd == Decimal("0.0045")
    assert by_event.occurred_ns == by_span.occurred_ns == NOON_NS


ONE_SCOPE = [("search", "", "1"), ("search", "token-a", "1"), ("search", "token-b", "1")]
OTHER_SCOPES = [("ads", "", "1"), ("", "token-a", "1"), ("", "token-b", "1"), ("", "search", "1")]


def test_a_request_id_is_known_within_a_team_or_else_within_a_sender() -> None:
    same = {call_id_of_request(*scope) for scope in ONE_SCOPE}
    others = {call_id_of_request(*scope) for scope in OTHER_SCOPES}

    assert len(same) == 1
    assert len(others - same) == len(OTHER_SCOPES)
    assert call_id_of_request("search", "", "2") not in same | others


def test_neither_time_nor_cause_nor_usage_is_part_of_a_calls_identity() -> None:
    first = told_by(event())
    other = told_by(event(usage={"input": 1}, ended_ns=NOON_NS + 1, attribution=Attribution()))

    assert (first.call_id, first.entry_id) == (other.call_id, other.entry_id)
    assert first.content_digest != other.content_digest


def test_an_event_without_a_trace_is_a_trace_of_its_own() -> None:
    one = examined(event())
    (root,) = tree([one.skeleton], [told_by(event())])

    assert one.skeleton.trace_id == told_by(event()).trace_id == event().call_id
    assert one.skeleton.parent_span_id == ""
    assert (root.name, root.own_usd) == ("chat gpt-4o", Decimal("0.0045"))


def test_an_event_with_a_trace_stands_beneath_the_span_it_names() -> None:
    one = event(trace_id=TRACE_ID, span_id=PARENT_ID)
    above = examine(span(PARENT_ID)._replace(attributes={}), packaged_rates(), NOON_NS).skeleton

    (root,) = tree([above, examined(one).skeleton], [told_by(one)])

    assert (root.span_id, root.own_usd, root.subtree_usd) == (PARENT_ID, None, Decimal("0.0045"))


def settled(*accounts: LedgerEntry, parents: dict[tuple[str, str], str]) -> list[LedgerEntry]:
    return [call.booked for call in settle(accounts, parents).calls]


def test_an_event_that_names_the_span_of_its_own_call_is_counted_once() -> None:
    by_span = span_account(span(CALL_SPAN_ID))
    one = event(trace_id=TRACE_ID, span_id=CALL_SPAN_ID)
    by_event = told_by(one)
    parents = {(TRACE_ID, CALL_SPAN_ID): "", (TRACE_ID, by_event.span_id): CALL_SPAN_ID}

    assert len(settled(by_span, by_event, parents=parents)) == 1


def test_an_event_and_a_span_of_one_response_are_counted_once() -> None:
    response = "chatcmpl-9fD2kQv7Lx0aZ"
    by_span = span_account(span(CALL_SPAN_ID, **{"gen_ai.response.id": response}))

    assert len(settled(by_span, told_by(event(response_id=response)), parents={})) == 1


def test_equal_calls_of_no_duration_are_as_many_as_there_are_request_ids() -> None:
    instant = {"started_ns": NOON_NS, "ended_ns": NOON_NS}
    accounts = [told_by(event(str(number), **instant)) for number in range(5)]
    by_span = span_account(span(CALL_SPAN_ID))

    assert len(settled(by_span, *accounts, parents={})) == 6


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, []),
        ({"ended_ns": NOON_NS - 2 * SECOND_NS}, ["endedAt"]),
        ({"trace_id": TRACE_ID}, ["spanId"]),
        ({"span_id": PARENT_ID}, ["traceId"]),
        ({"operation": "invoke_agent"}, ["operation"]),
        ({"operation": "execute_tool"}, ["operation"]),
        ({"operation": "a thing of ours"}, []),
        ({"error_type": "timeout", "usage": {"input": 0}}, ["usage"]),
        ({"error_type": "timeout"}, []),
        ({"usage": {}}, []),
        ({"tags": (("withheld_team", "x"),)}, ["tags/withheld_team"]),
        ({"operation": "invoke_agent", "trace_id": TRACE_ID}, ["spanId", "operation"]),
    ],
)
def test_what_cannot_be_true_together_is_told_by_field(
    said: dict[str, Any], fields: list[str]
) -> None:
    assert [field for field, _ in contradictions(event(**said))] == fields


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"usage": {}}, "no_usage"),
        ({"model": "acme-13b"}, "unknown_model"),
        ({"provider": "acme"}, "unknown_model"),
        ({"usage": {"input": 10**9}}, "invalid_usage"),
        ({"tier": "gold"}, "no_rate_for_conditions"),
    ],
)
def test_a_call_without_a_price_is_an_entry_with_the_reason(
    said: dict[str, Any], reason: str
) -> None:
    account = told_by(event(**said))

    assert (account.status, account.status_reason, account.total_usd) == ("unpriced", reason, None)


def test_the_end_decides_the_price_and_the_receipt_where_it_cannot_be_believed() -> None:
    long_ago = told_by(event(started_ns=0, ended_ns=SECOND_NS))

    assert long_ago.occurred_ns == NOON_NS + SECOND_NS
    assert "assumed_time" in long_ago.assumptions


texts = st.text(max_size=20)
events = st.builds(
    UsageEvent,
    call_id=st.text("0123456789abcdef", min_size=32, max_size=32),
    request_id=texts,
    provider=texts,
    model=texts,
    usage=st.dictionaries(st.sampled_from(sorted(METERS)), st.integers(0, 10**12), max_size=4),
    started_ns=st.integers(-(2**70), 2**70),
    ended_ns=st.integers(-(2**70), 2**70),
    attribution=st.builds(Attribution, **dict.fromkeys(FIELDS, texts)),
    error_type=texts,
    reported_usd=texts,
    tags=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)


@given(st.lists(events, max_size=3))
def test_events_lie_in_the_spool_as_they_are(some: list[UsageEvent]) -> None:
    assert decoded(encoded(some)) == some


@given(events)
def test_whatever_an_event_says_it_is_examined(one: UsageEvent) -> None:
    assert told_by(one).call_id == one.call_id


@pytest.mark.parametrize("body", [b"", b"{", b"[{}]", b'[{"of": "tomorrow"}]', b"7", b"null"])
def test_what_is_no_event_of_this_version_is_told(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decoded(body)
