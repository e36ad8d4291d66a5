"""Model calls whose true cost is known, and the ways in which senders repeat, overlap, mix up and contradict them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.collector.running import PROTOBUF, ask

USD = Decimal("0.0045")
"""Of 1,000 tokens in and 200 out of gpt-4o."""
USD_CONTRADICTED = Decimal("0.007")
"""Of 2,000 in and 200 out."""
_CALLS_A_TRACE = 20


class Told(NamedTuple):
    """What a span says of call number `number`."""

    number: int
    contradicts: bool = False


def request_of(told: Iterable[Told], ended_ns: int) -> bytes:
    """Return a request; two of the same calls at the same instant are equal to the byte."""
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    scope_spans.scope.name = "native"
    for one in told:
        span = scope_spans.spans.add(
            trace_id=(one.number // _CALLS_A_TRACE + 1).to_bytes(16),
            span_id=(one.number + 1).to_bytes(8),
            name="chat gpt-4o",
            start_time_unix_nano=ended_ns - 10**9,
            end_time_unix_nano=ended_ns,
        )
        for name, text in (
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.system", "openai"),
            ("gen_ai.request.model", "gpt-4o"),
        ):
            span.attributes.add(key=name).value.string_value = text
        used = (("input", 2000 if one.contradicts else 1000), ("output", 200))
        for name, count in used:
            span.attributes.add(key=f"gen_ai.usage.{name}_tokens").value.int_value = count
    return request.SerializeToString()


def span_id(number: int) -> str:
    """Return the id of a call's span, as the ledger has it."""
    return f"{number + 1:016x}"


def muddled(
    calls: int, contradicted: int, seed: int, *, requests: int = 60
) -> list[tuple[Told, ...]]:
    """Return requests that together tell of every call: some again, some in other company, in any order.

    Args:
        calls: how many there are.
        contradicted: of how many, the first ones, some span says something else.
        seed: the same requests each time.
        requests: how many besides those that make sure that every call is told of.
    """
    order = random.Random(seed)  # noqa: S311 - the same muddle each time
    numbers = list(range(calls))
    order.shuffle(numbers)
    told = [tuple(map(Told, numbers[at : at + 17])) for at in range(0, calls, 17)]
    for _ in range(requests):
        some = order.sample(range(calls), order.randint(1, 25))
        told.append(tuple(Told(one, one < contradicted and order.random() < 0.5) for one in some))
    told.extend(order.sample(told, len(told) // 3))
    order.shuffle(told)
    return told


def send_all(ports: Sequence[int], bodies: Sequence[bytes], senders: int = 4) -> None:
    """Send every request, several at a time, each as often as it takes to be acknowledged, by any of the doors."""
    waiting = list(enumerate(bodies))
    threads = [threading.Thread(target=_send, args=(ports, waiting)) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(ports: Sequence[int], waiting: list[tuple[int, bytes]]) -> None:
    while True:
        try:
            number, body = waiting.pop()
        except IndexError:
            return
        while acknowledged(ports[number % len(ports)], body) != 200:
            time.sleep(0.2)  # as a sender waits before it tries again


def acknowledged(port: int, body: bytes) -> int:
    """Send one request; return the status."""
    return ask(port, "POST", "/v1/traces", body, {"content-type": PROTOBUF}, None).status


def metrics(port: int) -> dict[str, float]:
    """Return the samples of a collector's metrics by name and labels."""
    text = ask(port, "GET", "/metrics", b"", {}, None).body.decode()
    samples = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def until_booked(port: int, seconds: float = 120) -> None:
    """Wait until nothing is left in a collector's spool."""
    end = time.monotonic() + seconds
    while metrics(port)["otel_costing_spool_requests"]:
        assert time.monotonic() < end, "it never booked everything"
        time.sleep(0.1)  # between two looks at a process of its own
