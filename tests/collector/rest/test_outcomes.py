"""Outcomes told later: accepted is on disk and booked once, by key and team; what is refused leaves nothing."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from otel_costing.outcome_events import decoded
from otel_costing_collector.outline import outline_of
from otel_costing_collector.spool_record import Kind
from tests.collector.rest.api import Api, bearer, event, instant, problems_of, send
from tests.collector.running import JSON, Reply, Running

PATH = "/api/v1/outcomes"
_numbers = count()


def outcome(**said: Any) -> dict[str, Any]:
    """Return an outcome of 12.50 USD with a key of its own."""
    usual = {
        "outcomeKey": f"ticket-{next(_numbers)}",
        "name": "ticket_resolved",
        "valueUsd": "12.50",
        "occurredAt": instant(1),
        "workflowRunId": "run-1",
    }
    return {**usual, **said}


def post(running: Running, body: Any, **headers: str) -> Reply:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(running, "POST", PATH, sent, **{"content_type": JSON, **headers})


def test_an_accepted_outcome_is_on_disk_when_it_is_answered(collector: Running) -> None:
    reply = post(collector, outcome(outcomeKey="order-1"))

    (request,) = collector.service.spool.unbooked()
    (kept,) = decoded(request.body)
    (told,) = json.loads(reply.body)["outcomes"]
    assert (reply.status, told["outcomeKey"], told["outcome"]) == (202, "order-1", "accepted")
    assert (Kind.OUTCOMES, told["outcomeId"]) == (request.kind, kept.outcome_id)
    assert outline_of(request)["unread"] == "a request of outcomes"


def test_it_stands_beside_what_its_run_cost(api: Api) -> None:
    api.booked(event(originWorkflowRunId="run-beside"), event(originWorkflowRunId="run-beside"))
    told = outcome(workflowRunId="run-beside", quantity=2, feature="answers", customerId="acme")
    assert post(api.running, told).status == 202
    api.until_empty()

    asked = """
        SELECT toString(value_usd), quantity, success, origin_feature, customer_id, calls, toString(usd)
        FROM outcome_costs WHERE run_id = 'run-beside'
    """
    assert api.rows(asked) == [("12.5", 2, True, "answers", "acme", 2, "0.009")]


def test_by_a_trace_alone_it_is_of_the_run_of_its_calls(api: Api) -> None:
    (cost,) = api.booked(event(workflowRunId="run-of-call"))
    trace_id = cost["entries"][0]["trace_id"]
    post(api.running, outcome(name="by_trace", workflowRunId=None, traceId=trace_id))
    api.until_empty()

    asked = "SELECT run_id FROM outcome_runs WHERE name = 'by_trace'"
    assert api.rows(asked) == [("run-of-call",)]


def test_sent_again_it_is_the_same_and_another_content_is_a_finding(api: Api) -> None:
    first = outcome(name="again", outcomeKey="again-1")
    for one in (first, first, {**first, "occurredAt": instant(0)}, {**first, "valueUsd": "99"}):
        assert post(api.running, one).status == 202
        api.until_empty()

    assert api.rows("SELECT toString(value_usd) FROM outcomes WHERE name = 'again'") == [("12.5",)]
    found = "SELECT count() FROM findings WHERE kind = 'outcome_conflict'"
    assert api.rows(found) == [(2,)]


def test_a_key_is_a_teams_own_and_the_team_is_the_tokens(teams: Api) -> None:
    same = outcome(outcomeKey="shared-key", team="search")
    statuses = [
        post(teams.running, same, authorization=bearer(name)).status
        for name in ("web-app", "web-other", "search-app", "analyst")
    ]
    teams.until_empty()

    assert statuses == [202, 202, 202, 403]
    asked = "SELECT team FROM outcomes WHERE outcome_key = 'shared-key' ORDER BY team"
    assert teams.rows(asked) == [("search",), ("web",)]


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"outcomeKey": None}, "/outcomeKey", "no text"),
    ({"outcomeKey": "with space"}, "/outcomeKey", "pattern"),
    ({"name": ""}, "/name", "empty"),
    ({"valueUsd": 12.5}, "/valueUsd", "no text"),
    ({"valueUsd": "1e3"}, "/valueUsd", "pattern"),
    ({"valueUsd": "0.0000000000001"}, "/valueUsd", "pattern"),
    ({"quantity": 1.0}, "/quantity", "no whole number"),
    ({"quantity": 10**13}, "/quantity", "less than or equal"),
    ({"success": "true"}, "/success", "boolean"),
    ({"occurredAt": "2026-10-01T12:00:00"}, "/occurredAt", "with its offset"),
    ({"occurredAt": "1999-10-01T12:00:00Z"}, "/occurredAt", "between 2015"),
    ({"workflowRunId": None}, "/workflowRunId", "name the run"),
    ({"workflowRunId": ""}, "/workflowRunId", "empty"),
    ({"traceId": "0" * 32}, "/traceId", "all zeros"),
    ({"traceId": "A" * 32}, "/traceId", "pattern"),
    ({"originTeam": "web"}, "/originTeam", "no field here"),
]


@pytest.mark.parametrize(("said", "place", "what"), MISTAKES)
def test_a_mistake_is_told_by_its_field_and_nothing_is_kept(
    collector: Running, said: dict[str, Any], place: str, what: str
) -> None:
    reply = post(collector, [outcome(), outcome(**said)])

    assert reply.status == 422
    assert what in problems_of(reply)[f"/1{place}"]
    assert collector.spooled() == []


def test_two_of_one_key_in_one_request_are_a_mistake(collector: Running) -> None:
    one = outcome()

    assert set(problems_of(post(collector, [one, outcome(), one]))) == {"/2/outcomeKey"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"content_type": "text/plain"}, 415), ({"origin": "https://evil.example"}, 403)],
)
def test_no_page_of_another_site_can_write(
    collector: Running, headers: dict[str, str], status: int
) -> None:
    assert post(collector, outcome(), **headers).status == status
    assert collector.spooled() == []
