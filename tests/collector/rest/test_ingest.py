"""Usage events: what is accepted is on disk and booked once, to the last digit; what is refused leaves nothing."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from otel_costing.usage_events import decoded
from otel_costing_collector.spool_record import Kind
from tests.collector.conftest import Start
from tests.collector.rest.api import INGEST, Api, event, instant, post, problems_of
from tests.collector.running import Running


def test_an_accepted_event_is_on_disk_when_it_is_answered(collector: Running) -> None:
    reply = post(collector, event(requestId="order-1"))

    (request,) = collector.service.spool.unbooked()
    (kept,) = decoded(request.body)
    (told,) = json.loads(reply.body)["events"]
    assert (reply.status, told["requestId"], told["outcome"]) == (202, "order-1", "accepted")
    assert (Kind.USAGE, "order-1", told["callId"]) == (request.kind, kept.request_id, kept.call_id)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_a_body_may_be_compressed(collector: Running, encoding: str, pack: Any) -> None:
    body = pack(json.dumps([event(), event()]).encode())

    assert post(collector, body, content_encoding=encoding).status == 202
    assert len(collector.spooled()) == 1


def test_many_events_are_each_booked_at_their_exact_cost(api: Api) -> None:
    three = [event(usage={"input": tokens, "output": 1}) for tokens in (1, 3, 7)]

    costs = [one["net"] for one in api.booked(*three)]

    # 2.50 and 10 USD per million tokens
    totals = ["0.000012500000", "0.000017500000", "0.000027500000"]
    assert [one["total_usd"] for one in costs] == totals
    assert {(one["calls"], one["status"]) for one in costs} == {(1, "priced")}


def test_the_same_request_again_is_no_second_call_whatever_day_it_states(api: Api) -> None:
    first = event()
    (call_id,) = api.accepted(first)
    api.until_empty()
    for again in (first, {**first, "endedAt": instant(3 * 86_400), "startedAt": None}):
        api.accepted(again)
        api.until_empty()

    posted = "SELECT count(), sum(sign) FROM ledger WHERE call_id = {call_id:String}"
    found = "SELECT kind FROM findings WHERE call_id = {call_id:String}"
    assert api.rows(posted, call_id=call_id) == [(1, 1)]
    assert api.rows(found, call_id=call_id) == []


def test_the_same_request_with_another_content_keeps_the_first_and_is_a_finding(api: Api) -> None:
    first = event()
    (call_id,) = api.accepted(first)
    api.until_empty()
    api.accepted({**first, "usage": {"input": 5}})
    api.until_empty()

    assert api.asked(f"calls/{call_id}")["net"]["total_usd"] == "0.004500000000"
    found = "SELECT kind FROM findings WHERE call_id = {call_id:String}"
    assert api.rows(found, call_id=call_id) == [("conflict",)]


def test_a_model_that_no_table_knows_is_booked_and_counted_as_unpriced(api: Api) -> None:
    (cost,) = api.booked(event(model="acme-13b"))

    (entry,) = cost["entries"]
    assert cost["net"] == {"calls": 1, "status": "unpriced", "total_usd": None}
    assert entry["status_reason"] == "unknown_model"
    assert [line["quantity"] for line in entry["lines"]] == [1000, 200]


def test_usage_that_nobody_knows_is_unpriced_and_never_zero(api: Api) -> None:
    (cost,) = api.booked(event(usage={}))

    assert cost["entries"][0]["status_reason"] == "no_usage"
    assert cost["net"]["total_usd"] is None


def test_a_null_is_a_field_that_was_left_out(api: Api) -> None:
    (cost,) = api.booked(event(feature=None, tier=None, traceId=None, spanId=None, tags=None))

    assert cost["net"]["total_usd"] == "0.004500000000"


def test_what_an_event_says_of_its_cause_stands_on_its_entry(api: Api) -> None:
    said = event(
        project="p",
        customerId="c",
        userId="u\x00\x1b[31m",
        workflowRunId="r",
        originTeam="web",
        environment="production",
        tags={"cost_center": "42"},
        reportedUsd="0.01",
        service="batch",
    )
    (cost,) = api.booked(said)

    asked = """
        SELECT project, customer_id, user_id, workflow_run_id, origin_team, environment, service,
            tags['cost_center'], toString(reported_usd), reported_by, source_document
        FROM costs WHERE call_id = {call_id:String}
    """
    assert api.rows(asked, call_id=cost["callId"]) == [
        (
            *("p", "c", "u[31m", "r", "web", "production", "batch", "42"),
            *("0.01", "reportedUsd", said["requestId"]),
        )
    ]


def test_an_event_without_a_trace_stands_at_the_root_of_its_own_work(api: Api) -> None:
    (cost,) = api.booked(event(team="billing"))

    asked = "SELECT origin_team, origin_source FROM costs WHERE call_id = {call_id:String}"
    assert api.rows(asked, call_id=cost["callId"]) == [("billing", "root")]


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"requestId": None}, "/requestId", "no text"),
    ({"requestId": "with space"}, "/requestId", "pattern"),
    ({"requestId": "../../x"}, "/requestId", "pattern"),
    ({"requestId": "x" * 201}, "/requestId", "pattern"),
    ({"provider": ""}, "/provider", "empty"),
    ({"model": "m" * 257}, "/model", "256"),
    ({"usage": None}, "/usage", "JSON object"),
    ({"usage": {"input": 1.0}}, "/usage/input", "no whole number"),
    ({"usage": {"input": True}}, "/usage/input", "no whole number"),
    ({"usage": {"input": "7"}}, "/usage/input", "no whole number"),
    ({"usage": {"input": -1}}, "/usage/input", "greater than or equal to 0"),
    ({"usage": {"input": 10**9}}, "/usage/input", "less than or equal to 100000000"),
    ({"usage": {"input": 10**30}}, "/usage/input", "less than or equal to 100000000"),
    ({"usage": {"prompt": 7}}, "/usage/prompt", "no field here"),
    ({"endedAt": "2026-10-01T12:00:00"}, "/endedAt", "with its offset"),
    ({"endedAt": "2026-13-01T12:00:00Z"}, "/endedAt", "month"),
    ({"endedAt": 1_795_348_800}, "/endedAt", "as text"),
    ({"startedAt": "2099-01-01T00:00:00Z"}, "/endedAt", "before startedAt"),
    ({"traceId": "a" * 32}, "/spanId", "both or neither"),
    ({"spanId": "a" * 16}, "/traceId", "both or neither"),
    ({"traceId": "A" * 32, "spanId": "a" * 16}, "/traceId", "pattern"),
    ({"traceId": "0" * 32, "spanId": "a" * 16}, "/traceId", "all zeros"),
    ({"traceId": "a" * 32, "spanId": "0" * 16}, "/spanId", "all zeros"),
    ({"operation": "invoke_agent"}, "/operation", "no model call"),
    ({"error": "timeout", "usage": {}}, "/usage", "not billed"),
    ({"reportedUsd": 0.01}, "/reportedUsd", "no text"),
    ({"reportedUsd": "1e400"}, "/reportedUsd", "pattern"),
    ({"team": "\ud800"}, "/team", "half a character"),
    ({"team": ["search"]}, "/team", "no text"),
    ({"tags": {"quarantine": "no"}}, "/tags/quarantine", "name it otherwise"),
    ({"tags": {"assigned": "team"}}, "/tags/assigned", "name it otherwise"),
    ({"tags": {f"t{n}": "" for n in range(33)}}, "/tags", "32"),
    ({"tags": {"a/b~": 1}}, "/tags/a~1b~0", "no text"),
    ({"request_id": "x"}, "/request_id", "no field here"),
]


@pytest.mark.parametrize(("said", "place", "what"), BAD_FIELDS)
def test_a_mistake_is_told_by_its_field_and_nothing_is_kept(
    collector: Running, said: dict[str, Any], place: str, what: str
) -> None:
    reply = post(collector, event(**said))

    assert reply.status == 422
    assert what in problems_of(reply)[place]
    assert collector.spooled() == []


def test_one_bad_event_refuses_all_and_every_mistake_of_all_is_told(collector: Running) -> None:
    good, bad, worse = event(), event(usage={"input": -1}), event(model="", endedAt="now")

    problems = problems_of(post(collector, [good, bad, worse]))

    assert set(problems) == {"/1/usage/input", "/2/model", "/2/endedAt"}
    assert collector.spooled() == []


def test_two_events_of_one_request_id_in_one_request_are_a_mistake(collector: Running) -> None:
    one = event()
    problems = problems_of(post(collector, [{}, one, event(), one]))

    assert [place for place, what in problems.items() if "another" in what] == ["/3/requestId"]
    assert collector.spooled() == []


MANY_FIELDS = b"{" + b", ".join(b'"k%d": 0' % number for number in range(80_000))
HOSTILE: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe{}", 400),
    (b'{"usage": {"input": NaN}}', 400),
    (b'{"usage": {"input": -Infinity}}', 400),
    (b'{"usage": {"input": 1e400}}', 422),
    (b'{"usage": {"input": ' + b"9" * 5000 + b"}}", 400),
    (b'{"requestId": "a", "requestId": "b"}', 400),
    (b"[" * 200_000, 400),
    (b'{"tags":' * 100_000, 400),
    (b"null", 422),
    (b"[]", 422),
    (b"[[]]", 422),
    (b'"x"', 422),
    (json.dumps([0] * 1001).encode(), 422),
    (json.dumps([{}] * 1000).encode(), 422),
    (b'{"' + b"k" * 100_000 + b'": 1}', 422),
    (MANY_FIELDS + b"}", 422),
    (MANY_FIELDS + b', "k79999": 0}', 400),
    (b'{"\\ud800": 1}', 422),
    (b'{"usage": {"\\udfff": 1}}', 422),
    (b" " * (2**20 + 1), 413),
]


@pytest.mark.parametrize(("body", "status"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_refused_with_a_sentence_and_leaves_nothing(
    small: Running, body: bytes, status: int
) -> None:
    reply = post(small, body)

    told = json.loads(reply.body)
    assert (reply.status, told["status"], told["type"]) == (status, status, "about:blank")
    assert told["detail"]
    assert len(reply.body) < 100_000
    assert small.spooled() == []


def test_many_mistakes_in_one_event_are_counted_and_not_told_one_by_one(small: Running) -> None:
    problems = problems_of(post(small, MANY_FIELDS + b"}"))

    (what,) = problems.values()
    assert "mistakes, more than are told" in what


def test_a_bomb_costs_no_more_than_its_limit(small: Running) -> None:
    reply = post(small, gzip.compress(bytes(2**28)), content_encoding="gzip")

    assert reply.status == 413


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A collector that takes requests of a mebibyte."""
    running = Running(tmp_path_factory.mktemp("small") / "spool", "limits.request_bytes=1 MiB")
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_type": "multipart/form-data; boundary=x"}, 415),
        ({"content_type": "application/json; charset=utf-8"}, 202),
        ({"content_encoding": "br"}, 415),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "localhost:4318"}, 202),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
def test_no_page_of_another_site_can_write(
    collector: Running, headers: dict[str, str], status: int
) -> None:
    reply = post(collector, event(), **headers)

    assert reply.status == status
    assert "access-control-allow-origin" not in reply.headers
    assert len(collector.spooled()) == (status == 202)


def test_a_preflight_of_another_site_is_not_allowed(collector: Running) -> None:
    reply = collector.request("OPTIONS", INGEST, origin="https://evil.example")

    assert reply.status == 405
    assert not any(name.startswith("access-control") for name in reply.headers)


def test_a_full_spool_asks_for_the_events_again(start: Start) -> None:
    collector = start("spool.max_bytes=2 MiB", "limits.request_bytes=1 MiB")
    many = [event(userId="u" * 256, sessionId="s" * 256) for _ in range(1000)]
    replies = [post(collector, many) for _ in range(4)]

    assert [reply.status for reply in replies][-1] == 503
    assert int(replies[-1].headers["retry-after"]) <= 2


def test_a_token_is_asked_for_where_one_is_configured(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDERS", "a-token-of-a-sender")
    collector = start("tokens.variable=SENDERS")

    refused = post(collector, event())
    taken = post(collector, event(), authorization="Bearer a-token-of-a-sender")
    reading = collector.request("GET", "/api/v1/costs", authorization="Bearer a-token-of-a-sender")

    assert (refused.status, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert (taken.status, reading.status) == (202, 403)
    assert len(collector.spooled()) == 1
