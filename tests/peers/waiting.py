"""What processes of other languages need: a port that stays free, and patience."""

from __future__ import annotations

import http.client
import random
import socket
import threading
from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families

_BELOW_OUTGOING = range(20_000, 32_000)
"""The kernel gives outgoing connections ports from 32768 on: none of these is taken between two starts."""
_LOOK_S = 0.05
_LOOKS_A_MINUTE = 1200


def free_port() -> int:
    """Return a port of the loopback that nothing listens on."""
    while True:
        port = random.choice(_BELOW_OUTGOING)  # noqa: S311 - any will do
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                return port


def until(what: str, true: Callable[[], bool], minutes: float = 1) -> None:
    """Wait some minutes at most for something to become true elsewhere; `what` says what is waited for."""
    patience = threading.Event()
    for _ in range(int(_LOOKS_A_MINUTE * minutes)):
        if true():
            return
        patience.wait(_LOOK_S)
    raise AssertionError(f"it never came: {what}")


def counted(port: int, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that carry these labels, as Prometheus would read it there."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(_metrics(port))
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def _metrics(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()
