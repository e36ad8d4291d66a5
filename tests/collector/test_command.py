"""A collector as a process: it starts or says why not, reloads, stops cleanly, and survives being killed."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import grpc
import pytest

from otel_costing_collector.addresses import address_of
from otel_costing_collector.config import Config
from otel_costing_collector.doors import AddressInUse, Doors
from otel_costing_collector.spool import Spool
from tests.collector.exports import numbered, traces
from tests.collector.processes import COMMAND, DOORS, Process, places
from tests.collector.running import PROTOBUF, TRACE_METHOD, Reply, ask
from tests.collector.token_files import admitting
from tests.unmeasured import unmeasured

MIB = 2**20
Sender = Generator[None, bytes, None]


def spooled(directory: Path) -> list[bytes]:
    spool = Spool(directory, 1024 * MIB)
    try:
        return [request.body for request in spool.unbooked(most_bytes=1024 * MIB)]
    finally:
        spool.close()


def post(process: Process, body: bytes, **headers: str) -> Reply:
    about = {"content-type": PROTOBUF, **headers}
    return ask(process.http, "POST", "/v1/traces", body, about, None)


def refused_start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=unmeasured(),
    )


def test_a_configuration_with_mistakes_is_told_all_of_them_and_does_not_start(
    tmp_path: Path,
) -> None:
    file = tmp_path / "collector.yaml"
    file.write_text("grpc:\n  address: nowhere\nspool:\n  max_bytes: many\ncolour: red\n")

    ran = refused_start("--config", str(file), "--set", "limits.body_seconds=-1")

    assert ran.returncode == 2
    assert [f"{file}:5", f"{file}:2", f"{file}:4", "--set limits.body_seconds"] == [
        line.split(": ")[0] for line in ran.stderr.splitlines()
    ]


def test_a_second_collector_is_told_who_holds_the_spool(tmp_path: Path) -> None:
    first = Process(tmp_path / "spool")
    second = refused_start(*DOORS, f"--set=spool.directory={tmp_path / 'spool'}")
    first.stop()

    assert second.returncode == 2
    assert f"is held by process {first.process.pid}" in second.stderr


def test_a_second_collector_on_the_same_ports_does_not_start(tmp_path: Path) -> None:
    """Else it would silently get every other connection."""
    first = Process(tmp_path / "one")
    for door, port in (("grpc", first.grpc), ("http", first.http)):
        address = f"--set={door}.address=127.0.0.1:{port}"
        second = refused_start(*DOORS, f"--set=spool.directory={tmp_path / door}", address)

        assert second.returncode == 2
        assert f"annot listen on 127.0.0.1:{port}" in second.stderr
        assert f"--set {door}.address=127.0.0.1:PORT" in second.stderr
    assert first.stop() == 0


def test_an_address_of_version_6_is_told_in_brackets_as_settings_are() -> None:
    elsewhere = Config(http_address=address_of("[2001:db8::1]:4318"))

    async def nothing(*_: object) -> None:
        pass

    opening = Doors(elsewhere, None).open_http(elsewhere.http_address, nothing)
    with pytest.raises(AddressInUse, match=r"--set http\.address=\[2001:db8::1\]:PORT$"):
        asyncio.run(opening)


def test_a_signal_finishes_the_answer_that_was_begun_and_twice_is_safe(tmp_path: Path) -> None:
    process = Process(tmp_path / "spool", "--set=limits.stop_seconds=5")
    connection = http.client.HTTPConnection("127.0.0.1", process.http, timeout=10)
    body = traces()
    connection.putrequest("POST", "/v1/traces")
    connection.putheader("content-type", PROTOBUF)
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body[:10])
    _wait_until_it_is_read(process)

    process.signal(signal.SIGTERM)
    process.says("stopping")
    process.signal(signal.SIGTERM)
    connection.send(body[10:])
    answer = connection.getresponse()
    connection.close()

    assert answer.status == 200
    assert process.says("stopped")["unbooked_requests"] == 0
    process.process.communicate(timeout=10)
    assert process.process.returncode == 0
    assert spooled(tmp_path / "spool") == []


def _wait_until_it_is_read(process: Process) -> None:
    """An answer to a later request says that the earlier bytes were seen."""
    assert post(process, b"").status == 200


def test_a_question_that_the_engine_does_not_end_does_not_keep_it_from_stopping(
    tmp_path: Path,
) -> None:
    """The engine looks whether it is to stop between blocks of rows, and this one takes minutes."""
    limits = ("--set=limits.stop_seconds=1", "--set=sql.max_seconds=1", "--set=sql.max_queries=1")
    process = Process(tmp_path / "spool", *limits)
    distance = b"editDistance(repeat('a', 20000), concat(repeat('b', 20000), toString(number)))"
    long = http.client.HTTPConnection("127.0.0.1", process.sql, timeout=10)
    long.request("POST", "/", b"SELECT " + distance + b" FROM numbers(1000) FORMAT Null")
    while ask(process.sql, "POST", "/", b"SELECT 1", {}, None).status == 200:
        pass

    assert post(process, traces()).status == 200
    process.signal(signal.SIGTERM)
    process.says("stopped")
    process.process.communicate(timeout=10)
    long.close()

    assert process.process.returncode == 0


def test_who_never_finishes_a_request_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    process = Process(tmp_path / "spool", "--set=limits.stop_seconds=1")
    connection = http.client.HTTPConnection("127.0.0.1", process.http, timeout=10)
    connection.putrequest("POST", "/v1/traces")
    connection.putheader("content-type", PROTOBUF)
    connection.putheader("content-length", "1000")
    connection.endheaders(b"half of it")
    _wait_until_it_is_read(process)
    began = time.monotonic()

    process.signal(signal.SIGTERM)
    answer = connection.getresponse()
    connection.close()

    assert (answer.status, answer.getheader("retry-after")) == (503, "1")
    assert process.stop() == 0
    assert time.monotonic() - began < 8


def test_a_reload_takes_new_tokens_and_a_bad_one_is_said_and_changes_nothing(
    tmp_path: Path,
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(admitting("the-first-of-two-tokens"))
    process = Process(tmp_path / "spool", f"--set=tokens.file={tokens}")

    tokens.write_text("short\n")
    process.signal(signal.SIGHUP)
    said = process.says("the old configuration stays in use")
    assert post(process, b"", authorization="Bearer the-first-of-two-tokens").status == 200

    tokens.write_text(admitting("the-second-of-two-tokens"))
    process.signal(signal.SIGHUP)
    process.says("the configuration was read again")
    assert post(process, b"", authorization="Bearer the-first-of-two-tokens").status == 401
    assert post(process, b"", authorization="Bearer the-second-of-two-tokens").status == 200
    assert f"{tokens}:1" in said["problem"]
    assert "short" not in json.dumps(said)
    assert process.stop() == 0


def test_what_was_acknowledged_is_in_the_spool_byte_for_byte_after_being_killed(
    tmp_path: Path,
) -> None:
    """Five times in the same spool, at random moments, under load through both doors."""
    acknowledged: list[bytes] = []
    numbers = count()
    for seed in range(5):
        process = Process(tmp_path / "spool")
        killer = threading.Timer(random.Random(seed).uniform(0.05, 0.6), process.kill)  # noqa: S311 - moments, not secrets
        with ThreadPoolExecutor(6) as senders:
            for sender in range(6):
                send = _through_http if sender % 2 else _through_grpc
                senders.submit(_until_killed, send(process), numbers, acknowledged)
            killer.start()
        killer.join()

    kept = spooled(tmp_path / "spool")

    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    # At most one request of each sender was on its way at each kill.
    assert len(kept) - len(acknowledged) <= 5 * 6


def _until_killed(send: Sender, numbers: Iterator[int], acknowledged: list[bytes]) -> None:
    next(send)
    try:
        while True:
            body = numbered(next(numbers), padding=random.choice((0, 3_000, 60_000)))  # noqa: S311 - sizes
            send.send(body)
            acknowledged.append(body)
    except (OSError, grpc.RpcError, http.client.HTTPException, StopIteration):
        return


def _through_http(process: Process) -> Sender:
    connection = http.client.HTTPConnection("127.0.0.1", process.http, timeout=10)
    try:
        while True:
            body = yield
            connection.request("POST", "/v1/traces", body, {"content-type": PROTOBUF})
            response = connection.getresponse()
            response.read()
            assert response.status == 200
    finally:
        connection.close()


def _through_grpc(process: Process) -> Sender:
    with grpc.insecure_channel(f"127.0.0.1:{process.grpc}") as channel:
        export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(TRACE_METHOD)
        while True:
            body = yield
            export(body, timeout=10)


def test_it_tells_of_a_damaged_spool_and_serves_what_is_whole(tmp_path: Path) -> None:
    process = Process(tmp_path / "spool")
    for number in range(20):
        post(process, numbered(number))
    process.stop()
    file = tmp_path / "spool" / "data.mdb"
    file.write_bytes(file.read_bytes()[: file.stat().st_size - 6000])

    damaged = subprocess.Popen(
        [*COMMAND, *DOORS, *places(tmp_path / "spool")],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert damaged.stderr is not None
    said = json.loads(damaged.stderr.readline())
    damaged.kill()
    damaged.communicate()

    assert said["message"] == "the spool was damaged"
    assert Path(said["put_aside"]).exists()


@pytest.mark.parametrize("arguments", [("--help",), ("--nonsense",)])
def test_the_command_explains_itself(arguments: tuple[str, ...]) -> None:
    ran = refused_start(*arguments)

    assert "otel-costing collect" in ran.stdout + ran.stderr
