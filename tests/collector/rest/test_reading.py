"""What a call, a trace, a month cost, as the API says it: the command's own documents, and where a call is meanwhile."""

from __future__ import annotations

import json
import secrets
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from otel_costing.cli.main import cli
from otel_costing.clickhouse.store import Store, StoreUnavailable
from otel_costing.usage_events import call_id_of_request
from otel_costing_collector.rest import operations
from tests.collector.conftest import Start
from tests.collector.rest.api import Api, event, post, problems_of, send, where
from tests.collector.running import Running

SPAN_ID = "b" * 16


def test_a_booked_call_is_told_by_its_request_id_and_by_its_own(api: Api) -> None:
    said = event(requestId="told-by-both")
    (cost,) = api.booked(said)

    assert api.asked("requests/told-by-both/cost") == cost
    assert cost["state"] == "booked"
    (entry,) = cost["entries"]
    assert (entry["kind"], entry["revision"], entry["sign"]) == ("charge", 0, 1)
    assert entry["rate_id"].startswith("openai/gpt-4o")
    assert [(line["meter"], line["amount_usd"]) for line in entry["lines"]] == [
        ("input", "0.002500000000"),
        ("output", "0.002000000000"),
    ]


@pytest.mark.parametrize("path", ["requests/nobody-sent-it/cost", f"calls/{'0' * 32}"])
def test_a_call_that_nobody_sent_is_not_found(api: Api, path: str) -> None:
    assert api.get(path).status == 404


def test_a_call_that_another_stands_for_says_which(api: Api) -> None:
    trace_id = secrets.token_hex(16)
    linked = {"traceId": trace_id, "spanId": SPAN_ID, "responseId": f"chatcmpl-{trace_id}"}
    one, other = (api.booked(event(service=name, **linked))[0] for name in ("a", "b"))
    api.running.until(
        lambda: (
            api.asked(f"calls/{other['callId']}")["net"]["calls"] == 0
            or api.asked(f"calls/{one['callId']}")["net"]["calls"] == 0
        )
    )

    answers = [api.asked(f"calls/{call['callId']}") for call in (one, other)]
    (taken_back,) = [answer for answer in answers if answer["net"]["calls"] == 0]
    assert taken_back["countedAs"] in {one["callId"], other["callId"]}
    assert taken_back["net"] == {"calls": 0, "status": None, "total_usd": None}
    assert [each["kind"] for each in taken_back["entries"]] in (["charge", "reversal"], [])


def test_a_trace_is_the_document_of_the_command(api: Api) -> None:
    trace_id = secrets.token_hex(16)
    api.booked(*(event(traceId=trace_id, spanId=SPAN_ID) for _ in range(3)))

    assert api.asked(f"traces/{trace_id}") == commanded(api, "trace", trace_id)
    assert api.get(f"traces/{'0' * 31}1").status == 404


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("by=team,model", ["--by", "team,model"]),
        ("by=meter&pays=caller", ["--by", "meter", "--pays", "caller"]),
        (f"by=feature&{where('team=search')}", ["--by", "feature", "--where", "team=search"]),
        (
            "by=day&since=2020-01-01T00:00:00Z&until=2090-01-01T00:00:00Z",
            ["--by", "day", "--since", "2020-01-01T00:00:00Z", "--until", "2090-01-01T00:00:00Z"],
        ),
        ("period=2020-01", ["--period", "2020-01"]),
        ("by=team,team", ["--by", "team"]),
    ],
)
def test_costs_are_the_document_of_the_command(api: Api, query: str, options: list[str]) -> None:
    api.booked(event(feature="a"), event(team="ads"))

    assert api.asked(f"costs?{query}") == commanded(api, "report", *options)


def commanded(api: Api, *arguments: str) -> Any:
    """What the command says of the same ledger."""
    dsn = f"{api.store.dsn}?database={api.store.connection.target.database}"
    shown = CliRunner().invoke(cli, [*arguments, "--dsn", dsn, "--format", "json"])
    assert shown.exit_code == 0, shown.output
    return json.loads(shown.stdout)


@pytest.mark.parametrize(
    ("query", "place", "what"),
    [
        ("by=teem", "by, where", "no dimension 'teem'"),
        ("by=", "by, where", "no dimension ''"),
        ("by=hour,day,week,month,team,model,feature", "by, where", "at most 6"),
        ("where=team", "where", "no DIM=VALUE"),
        ("where=teem%3Dx", "by, where", "no dimension 'teem'"),
        ("pays=nobody", "pays", "owner"),
        ("since=2026-10-01", "since", "with its offset"),
        ("until=2026-10-01T00:00:00", "until", "with its offset"),
        ("period=2026-13", "period", "pattern"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(
    api: Api, query: str, place: str, what: str
) -> None:
    reply = api.get(f"costs?{query}")

    assert reply.status == 422
    assert what in problems_of(reply)[place]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["costs", "calls/" + "0" * 32, "traces/" + "0" * 32])
def test_no_page_of_another_site_can_read(api: Api, path: str, headers: dict[str, str]) -> None:
    reply = api.get(path, **headers)

    assert reply.status == 403
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/usage/ingest", 405),
        ("POST", "/api/v1/costs", 405),
        ("DELETE", "/api/v1/calls/" + "0" * 32, 405),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/costs", 404),
        ("GET", "/api/v1/costs/", 404),
        ("GET", "/api/v1/docs", 404),
    ],
)
def test_what_is_no_operation_says_where_they_are_listed(
    api: Api, method: str, path: str, status: int
) -> None:
    reply = api.running.request(method, path)

    assert reply.status == status
    assert "/api/v1/openapi.json" in json.loads(reply.body)["detail"]


def test_a_call_is_pending_while_it_waits_to_be_booked(directory: Path, tmp_path: Path) -> None:
    dsn = f"chdb://{directory}?database=rest_pending"
    Store.open(dsn).close()
    settings = (f"store.dsn={dsn}", "booking.linger_seconds=9999")
    running = Running(tmp_path / "spool", *settings, open_ledger=lambda: Store.open(dsn))
    try:
        assert post(running, event(requestId="waits")).status == 202
        reply = send(running, "GET", "/api/v1/requests/waits/cost")
        other = send(running, "GET", "/api/v1/requests/other/cost")
    finally:
        running.stop()

    pending = json.loads(reply.body)
    assert (reply.status, other.status) == (202, 404)
    assert (pending["state"], pending["net"]) == ("pending", None)
    assert pending["callId"] == call_id_of_request("", "", "waits")


@pytest.mark.parametrize("path", ["costs?by=trace_id", f"traces/{'c' * 32}"])
def test_a_long_answer_is_written_beside_the_loop_that_receives(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set[str]()

    def noted(*arguments: Any, **named: Any) -> str:
        threads.add(threading.current_thread().name.rpartition("_")[0])
        return json.dumps(*arguments, **named)

    api.booked(event(traceId="c" * 32, spanId=SPAN_ID))
    monkeypatch.setattr(operations, "json", SimpleNamespace(dumps=noted))
    api.asked(path)

    assert threads == {"rest-reader"}


def test_a_collector_without_a_ledger_says_that_it_cannot_answer_yet(start: Start) -> None:
    reply = start().request("GET", "/api/v1/costs")

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")


def test_a_question_that_takes_too_long_is_cut_off_and_asked_once(api: Api) -> None:
    dsn = f"{api.store.dsn}?database={api.store.connection.target.database}"
    with Store.open(dsn, create=False) as store:
        store.connection.limit_seconds(1)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="imeout"):
            store.connection.query(
                "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 8"
            )

    assert time.monotonic() - began < 20
