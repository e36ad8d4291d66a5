"""Why no server could be reached, whatever a client wraps around it."""

from __future__ import annotations

import socket

import pytest

from otel_costing.clickhouse.engine_errors import network_reason


def wrapped(cause: Exception) -> Exception:
    """The error of a client that met `cause` two libraries deep."""
    try:
        try:
            raise cause
        except OSError:
            raise RuntimeError("max retries exceeded")  # noqa: B904 - some libraries leave the cause to the context
    except RuntimeError as told:
        outer = ValueError("unexpected driver exception")
        outer.__cause__ = told
        return outer


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (TimeoutError("timed out"), "no answer in time"),
        (TimeoutError(110, "Connection timed out"), "no answer in time"),
    ],
)
def test_the_reason_is_that_of_the_system(cause: OSError, reason: str) -> None:
    assert network_reason(wrapped(cause)) == reason


def test_what_a_server_answers_is_no_reason_of_the_network() -> None:
    assert network_reason(ValueError("Code: 60. DB::Exception: Unknown table")) is None
