"""How long a fresh process takes until it has priced its first call."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter_ns

from tests.benchmarks.measure import Figure, spread_of

FIRST_PRICE = """
import otel_costing, datetime
at = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
otel_costing.price("openai", "gpt-5-mini", {"input": 700, "output": 150}, at=at).total_usd
"""
_ROUNDS = 11


def _ms(program: str) -> float:
    before = perf_counter_ns()
    subprocess.run([sys.executable, "-c", program], check=True)
    return (perf_counter_ns() - before) / 1e6


def figures() -> list[Figure]:
    """Measure the bare interpreter and the first price in turn, by the clock on the wall."""
    _ms(FIRST_PRICE)
    bare, first = zip(*((_ms("pass"), _ms(FIRST_PRICE)) for _ in range(_ROUNDS)), strict=True)
    added = [each - start for each, start in zip(first, bare, strict=True)]
    return [
        Figure("python -c pass", spread_of(bare), "ms", None),
        Figure("import otel_costing and the first price", spread_of(added), "ms", 150),
    ]
