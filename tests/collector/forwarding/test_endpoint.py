"""Where requests are sent on to is read from a URL; what would come back to us is refused before anything starts."""

from __future__ import annotations

import pytest

from otel_costing.problems import Problem
from otel_costing_collector.addresses import address_of
from otel_costing_collector.forwarding.endpoint import Endpoint, endpoint_of
from otel_costing_collector.forwarding.headers import headers_in
from otel_costing_collector.settings import Loaded, load
from otel_costing_collector.spool_record import Kind

SECRET = "s3cret-word"  # noqa: S105 - nobody's
VARIABLE = "TEST_FORWARD_HEADERS"


@pytest.mark.parametrize(
    ("text", "endpoint", "traces", "logs"),
    [
        ("http://t:4318", ("http", "t", 4318), "http://t:4318/v1/traces", "http://t:4318/v1/logs"),
        ("https://t/", ("https", "t", 443), "https://t:443/v1/traces", "https://t:443/v1/logs"),
        (
            "https://t/otlp/",
            ("https", "t", 443, "/otlp"),
            "https://t:443/otlp/v1/traces",
            "https://t:443/otlp/v1/logs",
        ),
        (
            "http://[::1]:80",
            ("http", "::1", 80),
            "http://[::1]:80/v1/traces",
            "http://[::1]:80/v1/logs",
        ),
    ],
)
def test_a_url_says_where_each_kind_of_request_is_posted(
    text: str, endpoint: tuple[str, str, int], traces: str, logs: str
) -> None:
    read = endpoint_of(text)

    assert read == Endpoint(*endpoint)
    assert (read.url(Kind.TRACES), read.url(Kind.LOGS)) == (traces, logs)


@pytest.mark.parametrize(
    ("text", "target", "is_secure"),
    [
        ("grpc://tempo:4317", "tempo:4317", False),
        ("grpcs://tempo", "tempo:4317", True),
        ("grpc://[::1]:1/", "[::1]:1", False),
    ],
)
def test_grpc_is_told_by_the_scheme(text: str, target: str, *, is_secure: bool) -> None:
    read = endpoint_of(text)

    assert (read.is_grpc, read.target, read.is_secure) == (True, target, is_secure)


@pytest.mark.parametrize(
    "text",
    [
        "tempo:4318",
        "ftp://tempo",
        "http://",
        "http://t:99999",
        "http://t?x=1",
        "http://t#x",
        "http://t/v1/traces",
        "grpc://t/otlp",
        f"https://me:{SECRET}@t",
        "http://[::1",
    ],
)
def test_what_is_no_such_url_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="a URL such as") as refused:
        endpoint_of(text)

    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "ours", "loops"),
    [
        ("http://localhost:4318", "localhost:4318", True),
        ("http://127.0.0.1:4318", "0.0.0.0:4318", True),
        ("grpc://0.0.0.0:4317", "127.0.0.1:4317", True),
        ("http://[::1]:4318", "[::]:4318", True),
        ("http://127.0.0.2:4318", "127.0.0.1:4318", False),
        ("http://localhost:4319", "localhost:4318", False),
        ("http://192.0.2.1:4318", "0.0.0.0:4318", False),
        ("http://nowhere.invalid:4318", "0.0.0.0:4318", False),
    ],
)
def test_an_endpoint_that_is_one_of_our_addresses_is_known(
    text: str, ours: str, *, loops: bool
) -> None:
    assert endpoint_of(text).is_among([address_of(ours)]) is loops


def settled(*options: str) -> Loaded | list[Problem]:
    return load(None, environment={}, options=["spool.directory=/nowhere", *options])


@pytest.mark.parametrize("port", [4317, 4318, 4319])
def test_a_loop_to_ourselves_is_refused_at_the_start(port: int) -> None:
    (problem,) = refused(f"forward.endpoint=http://localhost:{port}")

    assert problem.place == "--set forward.endpoint"
    assert "this collector itself" in problem.what


def refused(*options: str) -> list[Problem]:
    problems = settled(*options)
    assert isinstance(problems, list)
    return problems


def test_all_mistakes_in_the_route_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"authorization=Bearer%20{SECRET},{SECRET}")

    problems = refused(
        "forward.endpoint=tempo",
        "forward.compression=zip",
        f"forward.headers_variable={VARIABLE}",
        "forward.certificate=/nowhere.pem",
    )

    places = [problem.place for problem in problems]
    assert places == [
        "--set forward.endpoint",
        "--set forward.compression",
        VARIABLE,
        "forward.certificate",
    ]
    assert SECRET not in str(problems)


def test_an_outbox_that_holds_less_than_two_requests_is_refused() -> None:
    (problem,) = refused("forward.endpoint=http://tempo", "forward.max_bytes=39 MiB")

    assert "two requests" in problem.what


def test_headers_come_from_the_environment_url_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "Authorization=Basic%20YTpi==, x-scope-orgid=team-1,")

    assert headers_in(VARIABLE) == {"authorization": "Basic YTpi==", "x-scope-orgid": "team-1"}
    assert headers_in("") == {}


@pytest.mark.parametrize(
    "written",
    [
        "",
        "=x",
        "a=",
        "a b=c",
        "a=%0d%0aInjected: yes",
        "trace-bin=x",
        "a=%C3%A4",
        "a=%20b",
        "a=b%20",
    ],
)
def test_headers_that_are_none_are_told_by_their_place(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv(VARIABLE, written)

    (problem,) = refused("forward.endpoint=http://tempo", f"forward.headers_variable={VARIABLE}")

    assert problem.place == VARIABLE
    assert headers_in(VARIABLE) == {}
