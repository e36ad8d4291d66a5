"""Which requests a page in a browser could have made."""

from __future__ import annotations

import pytest

from otel_costing_collector.browsers import refusal_of


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:4319", "127.0.0.1", "[::1]:4319", "localhost:4319", "LOCALHOST", "192.168.1.9:80"],
)
def test_a_number_or_localhost_is_answered(host: str) -> None:
    assert refusal_of([(b"host", host.encode())]) == ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:4319",
        "[evil.example]:4319",
        "127.1",
        "2130706433",
        "127.0.0.1@evil.example",
        "127.0.0.1, evil.example",
        "localhost:1@evil.example",
        "[::1].evil.example",
        "ev\xeel",
    ],
)
def test_a_name_that_someone_may_have_pointed_here_is_refused(host: str) -> None:
    assert refusal_of([(b"host", host.encode("latin-1"))])


def test_no_host_and_two_hosts_are_refused() -> None:
    host = (b"host", b"127.0.0.1")
    assert refusal_of([])
    assert refusal_of([host, host])


OF_THE_VERY_SAME_ORIGIN = [
    (b"origin", b"http://127.0.0.1:4319"),
    (b"sec-fetch-site", b"none"),
    (b"sec-fetch-site", b"same-origin"),
]
OF_ANOTHER = [
    (b"origin", b"http://127.0.0.1:3000"),
    (b"origin", b"https://evil.example"),
    (b"origin", b"null"),
    (b"origin", b""),
    (b"sec-fetch-site", b"same-site"),
    (b"sec-fetch-site", b"cross-site"),
]
HOST = (b"host", b"127.0.0.1:4319")


@pytest.mark.parametrize("header", OF_THE_VERY_SAME_ORIGIN)
def test_a_page_of_the_very_same_origin_is_answered(header: tuple[bytes, bytes]) -> None:
    assert refusal_of([HOST, header]) == ""


@pytest.mark.parametrize("header", OF_ANOTHER)
def test_a_page_of_another_is_refused(header: tuple[bytes, bytes]) -> None:
    assert refusal_of([HOST, header])
