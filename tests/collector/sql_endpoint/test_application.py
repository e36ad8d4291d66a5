"""How the endpoint speaks: as a ClickHouse server does, to whoever may ask."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import zlib
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped]  # it has no types
import pytest

from tests.collector.running import Running
from tests.collector.sql_endpoint.conftest import CALLS, Asked

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n%b\r\n'
    b'--x\r\nContent-Disposition: form-data; name="param_text"\r\n\r\n%b\r\n--x--\r\n'
)


def test_a_question_may_stand_in_the_url_in_the_body_or_in_both(asked: Asked) -> None:
    assert asked.ask("", method="GET", query="SELECT 1").body == b"1\n"
    assert asked.ask("SELECT 2").body == b"2\n"
    assert asked.ask("number) FROM numbers(3)", query="SELECT sum(").body == b"3\n"


def test_what_is_alive_says_so_without_being_asked_anything(asked: Asked) -> None:
    for path in ("/ping", "/replicas_status", "/"):
        assert asked.ask("", method="GET", path=path).body == b"Ok.\n"
    assert asked.ask("", method="GET", path="/play").status == 404
    assert asked.ask("SELECT 1", method="PUT").status == 404


def test_the_ledger_is_what_is_asked_where_no_database_is_named(asked: Asked) -> None:
    assert asked.told("SELECT count() FROM costs") == f"{CALLS}\n"
    assert asked.told("SELECT count() FROM costs", database="default") == f"{CALLS}\n"
    assert asked.told("SELECT count() FROM asked.costs", database="asked") == f"{CALLS}\n"


def test_the_format_is_that_of_the_text_else_of_the_url_else_of_a_header(asked: Asked) -> None:
    header = {"X-ClickHouse-Format": "CSV"}

    assert asked.ask("SELECT 'a'", headers=header).body == b'"a"\n'
    assert asked.ask("SELECT 'a'", headers=header, default_format="TSV").body == b"a\n"
    reply = asked.ask("SELECT 1 AS a FORMAT JSONEachRow", default_format="TSV")
    assert reply.body == b'{"a":1}\n'
    assert reply.headers["x-clickhouse-format"] == "JSONEachRow"
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_parameters_are_bound_by_the_engine_as_in_a_url_so_in_a_form(asked: Asked) -> None:
    hostile = "'; DROP TABLE ledger; --"
    form = FORM % (b"SELECT {text:String}", hostile.encode())

    assert (
        asked.told("SELECT {text:String}", param_text=hostile) == hostile.replace("'", "\\'") + "\n"
    )
    reply = asked.ask(form, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert reply.body == (hostile.replace("'", "\\'") + "\n").encode()


@pytest.mark.parametrize("name", ["a column", "`", "x\\", "", "a" * 300])
def test_a_name_by_a_parameter_is_one_name_whatever_it_holds(asked: Asked, name: str) -> None:
    reply = asked.ask("SELECT 1 AS `a column` WHERE {name:Identifier} = 1", param_name=name)

    assert (
        (reply.status, reply.body) == (200, b"1\n") if name == "a column" else reply.status >= 400
    )


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("SELEC 1", 400, "62"),
        ("SELECT * FROM nowhere", 404, "60"),
        ("SELECT nothing", 404, "47"),
        ("SELECT nonesuch()", 403, "497"),
        ("SELECT toUInt8('x')", 400, "6"),
        ("SELECT {p:String}", 400, "456"),
        ("SELECT 1 FORMAT Nonsense", 403, "497"),
        ("DROP TABLE ledger", 403, "164"),
    ],
)
def test_a_refusal_has_the_code_and_the_words_of_a_server(
    asked: Asked, text: str, status: int, code: str
) -> None:
    reply = asked.ask(text)

    assert (reply.status, reply.headers["x-clickhouse-exception-code"]) == (status, code)
    assert reply.body.startswith(f"Code: {code}. DB::Exception: ".encode())
    assert reply.body.endswith(b")\n")
    assert b"parseQueryToJSON" not in reply.body


def test_an_answer_says_what_it_took(asked: Asked) -> None:
    summary = json.loads(asked.ask("SELECT number FROM numbers(5)").headers["x-clickhouse-summary"])

    assert (summary["read_rows"], summary["result_rows"]) == ("5", "5")


def test_a_query_id_comes_back_if_it_is_one(asked: Asked) -> None:
    assert asked.ask("SELECT 1", query_id="mine-1").headers["x-clickhouse-query-id"] == "mine-1"
    assert (
        asked.ask("SELECT 1", query_id="a\r\nb: c").headers["x-clickhouse-query-id"] != "a\r\nb: c"
    )


def test_a_session_is_not_needed_and_keeps_nothing(asked: Asked) -> None:
    assert asked.told("SELECT 1", session_id="s", session_timeout="60") == "1\n"


@pytest.mark.parametrize(
    ("coding", "plain"),
    [("gzip", gzip.decompress), ("deflate", zlib.decompress), ("lz4", lz4.frame.decompress)],
)
def test_an_answer_is_compressed_where_both_the_setting_and_the_header_ask(
    asked: Asked, coding: str, plain: object
) -> None:
    header = {"Accept-Encoding": f"br, {coding};q=0.5"}
    reply = asked.ask("SELECT 1", headers=header, enable_http_compression="1")

    assert reply.headers["content-encoding"] == coding
    assert plain(reply.body) == b"1\n"  # type: ignore[operator]  # one of the above
    assert asked.ask("SELECT 1", headers=header).body == b"1\n"


def test_a_question_may_be_compressed(asked: Asked) -> None:
    header = {"Content-Encoding": "gzip"}

    assert asked.ask(gzip.compress(b"SELECT 1"), headers=header).body == b"1\n"
    assert asked.ask(b"no gzip", headers=header).status == 400
    assert asked.ask(gzip.compress(b" " * 10_000_000), headers=header).status == 400
    assert asked.ask(b"x", headers={"Content-Encoding": "snappy"}).status == 400


@pytest.mark.parametrize(
    ("text", "headers", "fields"),
    [
        ("SELECT 1", {}, {"decompress": "1"}),
        ("SELECT 1", {}, {"compress": "1", "network_compression_method": "T64"}),
        ("SELECT 1", {}, {"client_protocol_version": "new"}),
        ("SELECT 1", {}, {"max_threads": "many"}),
        (b"\xff", {}, {}),
        (b"--x--", {"Content-Type": "multipart/form-data"}, {}),
        (
            b'--x\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            {},
        ),
        ("x" * 5_000_000, {}, {}),
    ],
)
def test_what_cannot_be_read_is_the_clients_mistake(
    asked: Asked, text: str | bytes, headers: dict[str, str], fields: dict[str, str]
) -> None:
    assert asked.ask(text, headers=headers, **fields).status in {400, 501}


def test_what_is_said_twice_is_refused(asked: Asked) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=x"}

    assert asked.ask(FORM % (b"SELECT 1", b""), headers=form, query="SELECT 2").status == 400


def test_a_text_answer_is_whole_or_an_error_and_a_native_one_that_breaks_off_is_cut(
    asked: Asked,
) -> None:
    text = "SELECT number, throwIf(number = 90000) FROM numbers(99000)"

    assert asked.ask(text).headers["x-clickhouse-exception-code"] == "395"
    with pytest.raises(http.client.IncompleteRead) as cut:
        asked.ask(text + " SETTINGS max_block_size = 1000", default_format="Native")
    assert b"__exception__" in cut.value.partial


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "127.0.0.1.attacker.example:8123"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_somebody_else_is_not_answered(
    asked: Asked, headers: dict[str, str], method: str
) -> None:
    reply = asked.ask("", headers=headers, method=method, query="SELECT 1")

    assert (reply.status, reply.headers["x-clickhouse-exception-code"]) == (403, "497")
    assert "access-control-allow-origin" not in reply.headers


def test_a_page_may_not_ask_whether_it_may(asked: Asked) -> None:
    assert asked.ask("", method="OPTIONS").status == 404


def local_token(asked: Asked) -> str:
    """The token that whoever may read the ledger's directory finds there."""
    token: str = asked.service._local_token  # noqa: SLF001 - what collector.json holds
    return token


def test_a_token_may_come_as_a_bearer_a_password_a_key_or_a_field(asked: Asked) -> None:
    token = local_token(asked)
    basic = base64.b64encode(f"default:{token}".encode()).decode()

    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Basic {basic}"},
        {"X-ClickHouse-Key": token},
    ):
        assert asked.ask("SELECT 1", headers=headers).status == 200
    assert asked.ask("SELECT 1", password=token).status == 200
    assert asked.ask("SELECT 1", headers={"Authorization": "Basic %"}).status == 400


def test_the_metrics_count_questions_by_what_came_of_them(asked: Asked) -> None:
    answered, refused = (
        asked.counted("sql_queries_total", outcome=one) for one in ("answered", "not_allowed")
    )
    asked.ask("SELECT 1")
    asked.ask("SELECT file('x')")

    assert asked.counted("sql_queries_total", outcome="answered") > answered
    assert asked.counted("sql_queries_total", outcome="not_allowed") > refused


def test_nothing_is_asked_of_a_collector_whose_ledger_is_a_servers(tmp_path: Path) -> None:
    collector = Running(tmp_path / "spool", "store.dsn=http://127.0.0.1:1/otel_costing")

    assert collector.ports.sql is None
    collector.stop()


def test_forms_within_forms_are_refused(asked: Asked) -> None:
    """Each part of it holds the next."""
    parts = (
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(3000)
    )

    reply = asked.ask("".join(parts), headers={"Content-Type": "multipart/form-data; boundary=b0"})

    assert reply.headers["x-clickhouse-exception-code"] == "36"
