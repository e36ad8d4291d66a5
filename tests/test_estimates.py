"""A figure that may be a guess never stands against one that was counted, and stands by itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from otel_costing.batch import batch_of, examine
from otel_costing.ledger import LedgerEntry
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from otel_costing.settlement import Settlement, settle
from otel_costing.spans import SpanRecord

FOUND = Path(__file__).parent / "live" / "found"
ID = "msg_01XFDUDYJgAACzvnptvVoYEL"
GUESSES = "opentelemetry.instrumentation.anthropic"
COUNTS = "opentelemetry.instrumentation.genai.anthropic"


def told(
    span_id: int,
    scope: str,
    output: int,
    *,
    response_id: str = ID,
    parent_id: int = 0,
    team: str = "",
) -> SpanRecord:
    """Return a span of one call."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.response.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": output,
    }
    if response_id:
        attributes["gen_ai.response.id"] = response_id
    if team:
        attributes["otel_costing.team"] = team
    start_ns = 1_790_000_000_000_000_000 + span_id
    return SpanRecord(
        trace_id="5" * 32,
        span_id=f"{span_id:016x}",
        parent_span_id=f"{parent_id:016x}" if parent_id else "",
        name="chat",
        kind="client",
        start_ns=start_ns,
        end_ns=start_ns + 1000 - 2 * span_id,
        attributes=attributes,
        scope_name=scope,
        scope_version="",
        resource={},
        failed=False,
        links=(),
    )


def settled(records: Iterable[SpanRecord]) -> Settlement:
    """Return what the spans come to."""
    spans = list(records)
    examined = [examine(each, default_rates(), each.end_ns).account for each in spans]
    parents = {(each.trace_id, each.span_id): each.parent_span_id for each in spans}
    return settle([each for each in examined if each is not None], parents)


def booked(records: Iterable[SpanRecord]) -> list[LedgerEntry]:
    """Return what would be booked."""
    return [call.booked for call in settled(records).calls]


def outputs(records: Iterable[SpanRecord]) -> list[int]:
    """Return the output of each booked call."""
    return sorted(
        sum(int(item.quantity) for item in entry.items if item.meter == "output")
        for entry in booked(records)
    )


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            [told(1, GUESSES, 201), told(2, COUNTS, 200)], [200], id="one id, the guess first"
        ),
        pytest.param(
            [told(1, COUNTS, 200), told(2, GUESSES, 201)], [200], id="one id, the guess last"
        ),
        pytest.param(
            [told(1, GUESSES, 201, response_id=""), told(2, COUNTS, 200, parent_id=1)],
            [200],
            id="the guess around",
        ),
        pytest.param(
            [told(1, COUNTS, 200), told(2, GUESSES, 201, parent_id=1, response_id="")],
            [200],
            id="the guess inside",
        ),
        pytest.param([told(1, GUESSES, 201)], [201], id="a guess alone"),
        pytest.param(
            [told(1, GUESSES, 201), told(2, COUNTS, 200, response_id="msg_01XFDUDYJgAACzvnptv9")],
            [200, 201],
            id="two ids",
        ),
        pytest.param(
            [
                told(1, GUESSES, 201),
                told(2, COUNTS, 200, parent_id=1, response_id="msg_01XFDUDYJgAACzvnptv9"),
            ],
            [200, 201],
            id="two ids, nested",
        ),
        pytest.param(
            [told(1, GUESSES, 201, team="a"), told(2, COUNTS, 200, team="b")],
            [200, 201],
            id="two teams",
        ),
        pytest.param(
            [
                told(1, GUESSES, 200, response_id="", parent_id=9),
                told(2, COUNTS, 200, response_id="", parent_id=9),
            ],
            [200],
            id="side by side with equal totals",
        ),
        pytest.param(
            [
                told(1, GUESSES, 201, response_id="", parent_id=9),
                told(2, COUNTS, 200, response_id="", parent_id=9),
            ],
            [200, 201],
            id="side by side with other totals",
        ),
    ],
)
def test_exact_figures_of_the_same_call_win(records: list[SpanRecord], expected: list[int]) -> None:
    assert outputs(records) == expected
    assert outputs(reversed(records)) == expected


def test_a_guess_that_gives_way_is_no_conflict() -> None:
    assert settled([told(1, GUESSES, 201), told(2, COUNTS, 200)]).conflicts == []


def test_of_equal_totals_too_the_counted_ones_are_booked() -> None:
    (entry,) = booked([told(1, GUESSES, 200), told(2, COUNTS, 200)])

    assert "estimated_usage" not in entry.assumptions


def test_an_estimate_alone_says_what_it_is() -> None:
    (entry,) = booked([told(1, GUESSES, 201)])

    assert entry.status == "priced"
    assert "estimated_usage" in entry.assumptions


def test_what_was_counted_for_two_different_calls_stays_a_conflict() -> None:
    records = [told(1, COUNTS, 200), told(2, "com.anthropic.sdk.python", 300)]
    batch = batch_of(records, default_rates(), records[0].end_ns)

    assert len(batch.entries) == 2
    assert {finding.kind for finding in batch.findings} == {"conflict"}


def test_a_stream_seen_by_the_library_itself_and_by_one_that_adds_a_placeholder_is_booked_once() -> (
    None
):
    records = decode((FOUND / "anthropic-native-and-openllmetry__stream.json").read_bytes()).spans
    (entry,) = booked(records)

    assert {item.meter: int(item.quantity) for item in entry.items} == {
        "input": 1000,
        "cache_read": 300,
        "cache_write_5m": 400,
        "cache_write_1h": 100,
        "output": 150,
        "reasoning": 50,
    }
