"""Double-instrumented applications as their SDKs export them: hardly a call is ever corrected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import pytest

from otel_costing.batch import Examined
from tests.calls import SECOND
from tests.ledger_in_memory import LedgerInMemory
from tests.sdk_traffic import (
    Slowness,
    as_captured,
    as_slow_as_models,
    double_instrumented,
    exports,
    sealed_after,
    traffic,
)

COPIES = 10
"""Of each of some twenty runs."""
MOST_CORRECTED = 0.05
LINGERS_S = (0, 1, 5)


class Outcome(NamedTuple):
    """What came of some traffic."""

    calls: int
    corrected: int

    @property
    def share(self) -> float:
        """Of the calls, how many needed a correction."""
        return self.corrected / self.calls


def booked(batches: Iterable[Sequence[Examined]]) -> Outcome:
    """Book and settle batch by batch."""
    ledger = LedgerInMemory()
    corrected = {entry.call_id for batch in batches for entry in ledger.take(batch)}
    return Outcome(len(ledger.stands()), len(corrected))


@cache
def outcome(slowness: Slowness, over_s: int, linger_s: int) -> Outcome:
    """Let the traffic of one process through a collector that waits so long."""
    spans = traffic(COPIES, over_s, slowness)
    return booked(sealed_after(exports(spans), linger_s * SECOND))


# Measuring coverage would take most of the time, and the tests of `settlement` run the same lines.
@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("linger_s", LINGERS_S)
@pytest.mark.parametrize("over_s", [10, 600], ids=["in a burst", "now and then"])
@pytest.mark.parametrize("slowness", [as_captured, as_slow_as_models], ids=lambda of: of.__name__)
def test_under_one_call_in_twenty_is_ever_corrected(
    slowness: Slowness, over_s: int, linger_s: int
) -> None:
    found = outcome(slowness, over_s, linger_s)

    print(f"linger {linger_s} s: {found.corrected} of {found.calls} calls, {found.share:.1%}")  # noqa: T201 - the figure is asked for
    assert found.share < MOST_CORRECTED


@pytest.mark.usefixtures("untraced")
def test_the_traffic_comes_to_its_calls_however_it_is_cut() -> None:
    spans = traffic(COPIES, 600, as_slow_as_models)
    calls = booked([spans]).calls

    assert calls >= COPIES * len(double_instrumented())
    assert {outcome(as_slow_as_models, 600, linger_s).calls for linger_s in LINGERS_S} == {calls}
