"""What outcomes say, read as values: exact, known by content or by key, unknown where it cannot be read."""

from __future__ import annotations

import json
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import batch_of, halves, keys_of, seal
from otel_costing.decoded import Undecodable
from otel_costing.log_records import LogRecord
from otel_costing.outcome_events import decoded, encoded
from otel_costing.outcomes import Outcome, by_key, outcome_of, outcomes_on
from otel_costing.rates import default_rates
from otel_costing.semconv import OUTCOME
from otel_costing.spans import SpanEvent
from tests.achieved import of_run, outcome
from tests.calls import NOON, record
from tests.judged import NAME as METRIC

NAME, QUANTITY, VALUE, SUCCESS = (
    f"otel_costing.outcome.{one}" for one in ("name", "quantity", "value_usd", "success")
)
CALL = record(1)


def told(**said: Any) -> Outcome:
    """Return what a log record tells whose attributes these are."""
    resource = {"service.name": "billing", "otel_costing.team": "money"}
    return outcome_of(LogRecord("", "", NOON, said, "acme", resource, OUTCOME))


def test_an_outcome_says_what_its_record_says() -> None:
    said = told(**{NAME: "order", QUANTITY: 2, VALUE: "9.99", SUCCESS: False})

    assert (said.name, said.quantity, said.value_usd, said.success) == (
        "order",
        2,
        Decimal("9.99"),
        False,
    )
    assert (said.service, said.attribution.team, said.occurred_ns) == ("billing", "money", NOON)


def test_what_is_not_said_is_one_that_came_about_without_a_value() -> None:
    said = told(**{NAME: "order"})

    assert (said.quantity, said.success, said.value_usd) == (1, True, None)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({QUANTITY: "3", VALUE: "-1.5", SUCCESS: "false"}, (3, Decimal("-1.5"), False)),
        ({QUANTITY: 1.5, VALUE: 1.5, SUCCESS: 1}, (None, None, None)),
        ({QUANTITY: True, VALUE: True, SUCCESS: "yes"}, (None, None, None)),
        ({QUANTITY: 10**12 + 1, VALUE: "1e3", SUCCESS: None}, (None, None, None)),
        ({QUANTITY: "\u0663", VALUE: "0.0000000000001", SUCCESS: "True"}, (None, None, None)),
    ],
)
def test_what_cannot_be_read_is_unknown_and_never_a_guess(
    said: dict[str, Any], read: tuple[Any, ...]
) -> None:
    one = told(**said)

    assert (one.quantity, one.value_usd, one.success) == read


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda some: st.lists(some, max_size=3).map(tuple) | st.dictionaries(st.text(), some),
    max_leaves=4,
)


@given(attributes=st.dictionaries(st.sampled_from([NAME, QUANTITY, VALUE, SUCCESS]), JUNK))
def test_whatever_stands_in_the_attributes_is_read_or_unknown(attributes: dict[str, Any]) -> None:
    read = told(**attributes)

    assert len(read.name) <= 256
    assert read.quantity is None or abs(read.quantity) <= 10**12
    assert decoded(encoded([read])) == [read]


def test_an_event_is_of_its_span_and_says_more_than_that_does() -> None:
    event = SpanEvent(NOON, {NAME: "order", "otel_costing.customer_id": "acme"}, OUTCOME)
    other = SpanEvent(NOON, {METRIC: "Relevance"})
    span = CALL._replace(events=(event, other))
    (read,) = outcomes_on(span, Attribution(team="support", customer_id="who"))

    assert (read.trace_id, read.span_id, read.scope) == (
        span.trace_id,
        span.span_id,
        span.scope_name,
    )
    assert (read.attribution.team, read.attribution.customer_id) == ("support", "acme")


def test_a_span_in_two_requests_brings_each_event_once() -> None:
    events = tuple(SpanEvent(NOON + n, {NAME: "order"}, OUTCOME) for n in (0, 1))
    batch = batch_of([CALL._replace(events=events)] * 2, default_rates(), NOON)

    assert len(batch.outcomes) == 2


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"attribution": Attribution(team="other", customer_id="c")}, True),
        ({"service": "gateway"}, True),
        ({"value": "12.500"}, True),
        ({"value": "12.51"}, False),
        ({"value": None}, False),
        ({"quantity": 2}, False),
        ({"success": False}, False),
        ({"occurred_ns": NOON}, False),
        ({"attribution": of_run("r2")}, False),
    ],
    ids=repr,
)
def test_an_outcome_is_known_by_what_it_says_and_not_by_whom_it_names(
    change: dict[str, Any],
    is_same: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    service = change.pop("service", "assistant")
    other = outcome(**change)._replace(service=service)

    assert (other.outcome_id == outcome().outcome_id) is is_same


def test_a_key_is_the_same_outcome_within_a_team_and_another_beside_it() -> None:
    keyed = outcome()._replace(outcome_key="ticket-1")
    one, again = (
        by_key(keyed, "support", "a"),
        by_key(outcome(value="1")._replace(outcome_key="ticket-1"), "support", "b"),
    )
    others = {
        by_key(keyed, "sales", "a").outcome_id,
        by_key(keyed, "", "a").outcome_id,
        by_key(keyed, "", "b").outcome_id,
    }

    assert one.outcome_id == again.outcome_id
    assert one.content_digest != again.content_digest
    assert len(others | {one.outcome_id}) == 4


def test_a_key_that_comes_twice_at_once_with_another_content_is_a_finding() -> None:
    said = [by_key(outcome(value=value), "support", "") for value in ("1", "1.0", "2", "2")]
    (sealed,) = seal([], default_rates(), NOON, largest=99, outcomes=said)

    assert [one.value_usd for one in sealed.outcomes] == [1]
    (found,) = sealed.findings
    assert (found.kind, json.loads(found.detail)["value_usd"]) == ("outcome_conflict", "2")


def test_an_applications_own_decimals_do_not_change_what_an_outcome_is() -> None:
    usual = outcome(value="123456789.5")
    with localcontext(Context(prec=6)):
        assert outcome(value="123456789.5") == usual


def test_batches_are_cut_and_halved_without_losing_an_outcome() -> None:
    said = [outcome(occurred_ns=NOON + n) for n in range(5)]
    cut = seal([], default_rates(), NOON, largest=2, outcomes=said)

    assert [one for batch in cut for one in batch.outcomes] == said
    assert len({batch.batch_id for batch in cut}) == 3
    whole = seal([], default_rates(), NOON, largest=9, outcomes=said)[0]
    parts = halves(whole)
    assert parts is not None
    assert sorted(one.key for part in parts for one in part.outcomes) == keys_of(whole)


@pytest.mark.parametrize("body", [b"{", b"[{}]", b'[{"of": "tomorrow"}]', b"7"])
def test_a_record_of_another_version_is_told_as_such(body: bytes) -> None:
    with pytest.raises(Undecodable, match="of this version"):
        decoded(body)
