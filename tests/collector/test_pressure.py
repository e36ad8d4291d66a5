"""Senders that are many, slow or hostile: each costs little, and the others are served."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import grpc
import pytest

from tests.collector.conftest import Start
from tests.collector.exports import numbered, traces
from tests.collector.processes import Process
from tests.collector.running import PROTOBUF, TRACE_METHOD, ask

MIB = 2**20
Stream = grpc.aio.StreamUnaryMultiCallable[bytes, bytes]
HEAD = f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n".encode()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path / "spool")
    yield running
    running.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
def test_a_thousand_connections_and_the_bombs_among_them_take_little_memory(
    process: Process,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = process.memory("VmHWM")
    try:
        asyncio.run(_many(process.http, 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    bomb = gzip.compress(bytes(500 * MIB), 1)
    headers = {"content-type": PROTOBUF, "content-encoding": "gzip"}
    for _ in range(3):
        assert ask(process.http, "POST", "/v1/traces", bomb, headers, None).status == 413
        assert grpc.StatusCode.RESOURCE_EXHAUSTED is _grpc_bomb(process.grpc, bytes(100 * MIB))

    assert process.memory("VmHWM") - before < 160 * MIB


async def _many(port: int, connections: int) -> None:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    for number, (_, writer) in enumerate(streams):
        body = numbered(number)
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
    for reader, writer in streams:
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()


def _grpc_bomb(port: int, body: bytes) -> grpc.StatusCode:
    options = (("grpc.max_send_message_length", -1),)
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(TRACE_METHOD)
        with pytest.raises(grpc.RpcError) as refused:
            call(body, compression=grpc.Compression.Gzip, timeout=30)
    code: grpc.StatusCode = refused.value.code()
    return code


@pytest.mark.parametrize(
    "sent", [b"", b"POST /v1/tr", HEAD, HEAD + b"x: " + bytes(60_000).replace(b"\0", b"y")]
)
def test_a_head_that_never_ends_is_cut_off(start: Start, sent: bytes) -> None:
    collector = start("limits.header_seconds=0.3")
    with socket.create_connection(("127.0.0.1", collector.ports.http), timeout=10) as slow:
        slow.sendall(sent)
        began = time.monotonic()

        assert collector.request(body=traces(), content_type=PROTOBUF).status == 200
        assert slow.recv(100) == b""

    assert time.monotonic() - began < 5


def test_a_head_beyond_any_size_is_cut_off_before_its_time(start: Start) -> None:
    collector = start("limits.header_seconds=60")
    with (
        socket.create_connection(("127.0.0.1", collector.ports.http), timeout=10) as greedy,
        pytest.raises(OSError, match=r"reset|pipe"),
    ):
        _send_for_ever(greedy, HEAD + b"x: " + b"y" * 100_000)


def _send_for_ever(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)


def test_a_body_that_never_ends_is_asked_for_again(start: Start) -> None:
    """408 would make the sender drop it."""
    collector = start("limits.body_seconds=0.3")
    with socket.create_connection(("127.0.0.1", collector.ports.http), timeout=10) as slow:
        slow.sendall(HEAD + b"content-length: 1000\r\n\r\nslow")
        answer = b"".join(iter(lambda: slow.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in answer


def test_a_call_whose_message_never_comes_is_asked_for_again(start: Start) -> None:
    collector = start("limits.body_seconds=0.3")
    release = asyncio.Event()

    async def call() -> grpc.StatusCode:
        async def never() -> AsyncIterator[bytes]:
            await release.wait()
            yield b""

        async with grpc.aio.insecure_channel(f"127.0.0.1:{collector.ports.grpc}") as channel:
            export: Stream = channel.stream_unary(TRACE_METHOD)
            return await export(never()).code()

    assert grpc.StatusCode.UNAVAILABLE is asyncio.run(call())


def test_bytes_on_their_way_to_disk_are_bounded(start: Start) -> None:
    collector = start("limits.request_bytes=1 MiB", "limits.in_flight_bytes=1 MiB")
    with socket.create_connection(("127.0.0.1", collector.ports.http), timeout=10) as first:
        first.sendall(HEAD + b"content-length: 1000000\r\n\r\n" + bytes(10))
        _until(lambda: collector.service.in_flight_bytes() == 1_000_000)

        refused = collector.request(body=traces(padding=200_000), content_type=PROTOBUF)
        small = collector.request(body=traces(), content_type=PROTOBUF)

    _until(lambda: collector.service.in_flight_bytes() == 0)
    assert (refused.status, refused.headers["retry-after"], small.status) == (503, "1", 200)
    assert collector.request(body=traces(padding=200_000), content_type=PROTOBUF).status == 200


def _until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        os.sched_yield()
