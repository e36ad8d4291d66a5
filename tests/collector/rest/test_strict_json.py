"""JSON that becomes money is read in a time that its length says, whatever stands in it."""

from __future__ import annotations

import time

import pytest

from otel_costing_collector.refusals import Refused
from otel_costing_collector.rest.strict_json import value_of


def test_names_are_looked_through_once_for_one_that_stands_twice() -> None:
    """Sixteen times the names take about sixteen times as long, and not 256 times."""
    few, many = (min(_seconds_to_refuse(count) for _ in range(3)) for count in (5_000, 80_000))

    assert many < 80 * few


def _seconds_to_refuse(count: int) -> float:
    names = [b'"k%d": 0' % number for number in (*range(count), count - 1)]
    body = b"{" + b", ".join(names) + b"}"
    began = time.process_time()
    with pytest.raises(Refused, match="stands twice"):
        value_of(body)
    return time.process_time() - began
