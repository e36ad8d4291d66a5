"""The process that keeps what the exporters send."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.applications import Starlette

PROTOBUF = {"content-type": "application/x-protobuf"}


def send(app: Starlette, body: bytes, headers: Mapping[str, str]) -> int:
    """Post `body` as an exporter would, and return the status of the answer."""
    import httpx2

    async def post() -> int:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://receiver") as client:
            return (await client.post("/v1/traces", content=body, headers=headers)).status_code

    return asyncio.run(post())


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    from otel_costing.demo.receiver import application

    return application(tmp_path)


def test_requests_are_kept_in_order_as_they_were_sent(app: Starlette, tmp_path: Path) -> None:
    statuses = [send(app, body, PROTOBUF) for body in (b"first", b"second")]

    assert statuses == [200, 200]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "000001.pb": b"first",
        "000002.pb": b"second",
    }


def test_gzip_is_undone_before_a_request_is_kept(app: Starlette, tmp_path: Path) -> None:
    send(app, gzip.compress(b"spans"), {**PROTOBUF, "content-encoding": "gzip"})

    assert (tmp_path / "000001.pb").read_bytes() == b"spans"


def test_a_second_run_does_not_overwrite_the_first(app: Starlette, tmp_path: Path) -> None:
    from otel_costing.demo.receiver import application

    send(app, b"first run", PROTOBUF)
    send(application(tmp_path), b"second run", PROTOBUF)

    assert (tmp_path / "000001.pb").read_bytes() == b"first run"
    assert (tmp_path / "000002.pb").read_bytes() == b"second run"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(b"{}", {"content-type": "application/json"}, 415, id="not protobuf"),
        pytest.param(b"spans", {**PROTOBUF, "content-encoding": "br"}, 415, id="unknown encoding"),
        pytest.param(
            gzip.compress(b"spans")[:-4],
            {**PROTOBUF, "content-encoding": "gzip"},
            400,
            id="gzip cut short",
        ),
        pytest.param(
            gzip.compress(bytes(17 * 2**20)),
            {**PROTOBUF, "content-encoding": "gzip"},
            400,
            id="decompression bomb",
        ),
        pytest.param(bytes(17 * 2**20), PROTOBUF, 413, id="too large"),
    ],
)
def test_nothing_is_kept_of_what_is_refused(
    app: Starlette, tmp_path: Path, body: bytes, headers: Mapping[str, str], status: int
) -> None:
    assert send(app, body, headers) == status
    assert list(tmp_path.iterdir()) == []
