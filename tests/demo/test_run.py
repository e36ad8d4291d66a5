"""One run of the whole demo: what a person sees, and what its ledger holds afterwards."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from rich.console import Console

if TYPE_CHECKING:
    from otel_costing.demo.run import DemoRun
    from otel_costing.demo.served import Served

MANUAL = Path(__file__).parents[2] / "README.md"
TICKETS = 4
"""Enough for cache reads, both refusals, two private calls and one stream without usage."""
TEAMS = {
    "assistant": "support-assistant",
    "retrieval": "search-platform",
    "drafting": "content-ai",
}
CALLS = "SELECT *, arrayZip(items.meter, items.quantity) AS quantities FROM costs"
SPANS = "SELECT DISTINCT trace_id, span_id, parent_span_id, service, error FROM spans"
OUTCOMES = "SELECT trace_id FROM outcomes"
SCORES = "SELECT response_id FROM evaluations"
Row = dict[str, Any]


class Demo(NamedTuple):
    """A finished demo."""

    run: DemoRun
    shown: str
    calls: list[Row]
    spans: list[Row]
    outcomes: list[Row]
    scores: list[Row]

    @property
    def of_tickets(self) -> list[Row]:
        """The calls of all tickets."""
        return [call for call in self.calls if call["trace_id"] in self.run.trace_ids]

    def of(self, request: str) -> list[Row]:
        """The calls of the other two requests, by name."""
        (trace_id,) = (one.trace_id for one in self.run.answers if one.request == request)
        return [call for call in self.calls if call["trace_id"] == trace_id]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    from otel_costing.cli.demo import shown_run
    from otel_costing.clickhouse.store import Store

    out = Console(file=StringIO(), width=80)
    run = shown_run(tmp_path_factory.mktemp("demo"), TICKETS, out)
    with Store.open(run.dsn, create=False) as store:
        rows = [_rows(store, question) for question in (CALLS, SPANS, OUTCOMES, SCORES)]
    assert isinstance(out.file, StringIO)
    return Demo(run, out.file.getvalue(), *rows)


def _rows(store: Any, question: str) -> list[Row]:
    found = store.connection.query(question)
    return [dict(zip(found.names, row, strict=True)) for row in found.rows]


def test_the_collector_was_killed_with_acknowledged_requests_that_were_not_booked(
    demo: Demo,
) -> None:
    assert demo.run.kill.after_tickets == TICKETS // 2
    assert demo.run.kill.waiting > 0


def test_every_answer_is_one_call_with_the_usage_it_was_served_with(demo: Demo) -> None:
    """Whatever became of the collector meanwhile: what an application was told is safe, and sent again, is booked once."""
    served = Counter((one.response_id, _usage(one)) for one in demo.run.served if one.status == 200)
    booked = Counter(
        (call["response_id"], frozenset((m, int(q)) for m, q in call["quantities"]))
        for call in demo.calls
    )

    assert served == booked


def test_the_run_has_the_calls_the_story_needs(demo: Demo) -> None:
    """Cache writes of both lifetimes, cache reads, reasoning, refusals, a stream without usage."""
    meters = {meter for call in demo.calls for meter, _ in call["quantities"]}
    served = demo.run.served

    assert {"cache_read", "cache_write_5m", "cache_write_1h", "reasoning"} < meters
    assert {"gpt-5", "claude-sonnet-4-6"} == {one.model for one in served if one.status == 429}
    assert [one.model for one in served if one.response_id and not one.usage] == ["gpt-5-mini"]


def test_each_ticket_is_one_trace_across_all_three_services(demo: Demo) -> None:
    reached = {
        trace_id: {span["service"] for span in demo.spans if span["trace_id"] == trace_id}
        for trace_id in demo.run.trace_ids
    }

    assert all(services == set(TEAMS) for services in reached.values())


def test_each_trace_is_one_tree(demo: Demo) -> None:
    """Every span but the root hangs below a span that arrived too, whichever process sent it."""
    arrived = {(span["trace_id"], span["span_id"]) for span in demo.spans}
    hanging = [s for s in demo.spans if (s["trace_id"], s["parent_span_id"]) in arrived]
    roots = Counter(span["trace_id"] for span in demo.spans if not span["parent_span_id"])

    assert {answer.trace_id: 1 for answer in demo.run.answers} == roots
    assert len(demo.spans) == len(hanging) + len(roots)


def test_a_refusal_that_the_service_tries_again_is_a_failed_span_and_no_call(demo: Demo) -> None:
    failed = [span for span in demo.spans if span["error"]]

    assert [span["service"] for span in failed] == ["assistant"]
    assert failed[0]["span_id"] not in {call["span_id"] for call in demo.calls}


def test_nothing_of_ours_reaches_a_provider(demo: Demo) -> None:
    """Neither baggage nor trace context: who asked, and for whom, is none of a provider's business."""
    assert {()} == {answer.carried for answer in demo.run.served}


def test_the_team_is_the_one_whose_code_ran(demo: Demo) -> None:
    assert {(call["service"], call["team"]) for call in demo.of_tickets} == set(TEAMS.items())


def test_the_origin_is_the_assistant_whoever_ran_the_call(demo: Demo) -> None:
    origins = {(call["origin_team"], call["origin_workflow"]) for call in demo.of_tickets}

    assert {("support-assistant", "resolve-ticket")} == origins


def test_one_ticket_is_one_run_of_its_workflow(demo: Demo) -> None:
    runs = {(call["trace_id"], call["origin_workflow_run_id"]) for call in demo.of_tickets}

    assert sorted(demo.run.trace_ids) == sorted(trace_id for trace_id, _ in runs)


def test_evaluation_is_told_from_production_and_from_what_nobody_claimed(demo: Demo) -> None:
    evaluation = {(call["purpose"], call["workflow"]) for call in demo.of("evaluations")}

    assert {"production"} == {call["purpose"] for call in demo.of_tickets}
    assert {("evaluation", "nightly-eval")} == evaluation
    assert {("", "")} == {(call["purpose"], call["workflow"]) for call in demo.of("triage")}


def test_each_ticket_says_what_came_of_it_and_a_judge_what_it_thinks(demo: Demo) -> None:
    outcomes = [outcome["trace_id"] for outcome in demo.outcomes]
    judged = {score["response_id"] for score in demo.scores}

    assert sorted(outcomes) == sorted(demo.run.trace_ids)
    assert len(demo.scores) == 2
    assert judged <= {answer.response_id for answer in demo.run.served}


def test_what_cannot_be_priced_says_why(demo: Demo) -> None:
    unpriced = [call for call in demo.calls if call["status"] == "unpriced"]

    assert {(call["request_model"], call["status_reason"]) for call in unpriced} == {
        ("acme-policy-13b", "unknown_model"),
        ("gpt-5-mini", "no_usage"),
    }
    assert {None} == {call["total_usd"] for call in unpriced}


def test_a_receipt_is_the_sum_of_what_its_process_spent(demo: Demo) -> None:
    spent = dict.fromkeys(demo.run.receipts, Decimal(0))
    for call in demo.calls:
        if call["service"] == "assistant":
            spent[call["trace_id"]] += call["total_usd"] or 0

    assert demo.run.receipts == spent
    assert all(spent.values())


def test_the_total_that_is_shown_is_the_same_from_every_side(demo: Demo) -> None:
    (whole,) = re.findall(r"whoever pays = ([0-9.]+) USD", demo.shown)
    totals = re.findall(r"^total +\d+ +[\d.]+ +([0-9.]+)$", demo.shown, re.MULTILINE)

    assert len(totals) == 4
    assert {Decimal(total) for total in totals} == {Decimal(whole)}


@pytest.mark.parametrize(
    "said",
    [
        "After ticket 2 the collector was killed (SIGKILL)",
        "nothing is counted twice",
        "caller pays",
        "owner pays",
        "nightly-eval",
        "» content-ai",
        "» search-platform",
        "unknown_model",
        "no_usage",
        "unattributed",
        "the directory it leaves says the same",
    ],
)
def test_it_shows_what_the_ledger_knows(demo: Demo, said: str) -> None:
    assert said in " ".join(demo.shown.split())


def test_the_manual_begins_with_a_ticket_of_it(demo: Demo) -> None:
    """Span by span; which of them a ticket has that nobody has a price for differs from one to the next."""
    (promised,) = re.findall(
        r"^```text\n(.*?)^```", MANUAL.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    _, columns, *spans, _ = promised.splitlines()

    assert columns in map(str.rstrip, demo.shown.splitlines())
    assert len(spans) > 10
    assert {_name(line) for line in spans if "unpriced" not in line} <= set(
        map(_name, demo.shown.splitlines())
    )


def _name(line: str) -> str:
    """Return the name of a span in a tree, without branches and figures."""
    return line.lstrip("├└│─ ").split("  ")[0]


def test_what_is_shown_keeps_to_80_columns(demo: Demo) -> None:
    assert max(map(len, demo.shown.splitlines())) <= 80


def _usage(answer: Served) -> frozenset[tuple[str, int]]:
    """What the ledger should hold of `answer`: what each meter counted, no token under two of them."""
    if answer.usage is None:
        return frozenset()
    figures = _anthropic if answer.path.startswith("/anthropic/") else _openai
    return frozenset((meter, count) for meter, count in figures(answer.usage).items() if count)


def _openai(usage: Any) -> dict[str, int]:
    read = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    reasoning = usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0)
    return {
        "input": usage["prompt_tokens"] - read,
        "cache_read": read,
        "output": usage.get("completion_tokens", 0) - reasoning,
        "reasoning": reasoning,
    }


def _anthropic(usage: Any) -> dict[str, int]:
    written = usage["cache_creation"]
    thinking = usage["output_tokens_details"]["thinking_tokens"]
    return {
        "input": usage["input_tokens"],
        "cache_read": usage["cache_read_input_tokens"],
        "cache_write_5m": written["ephemeral_5m_input_tokens"],
        "cache_write_1h": written["ephemeral_1h_input_tokens"],
        "output": usage["output_tokens"] - thinking,
        "reasoning": thinking,
    }
