"""One call's usage priced here, by genai-prices and by tokencost, and the first price of a fresh process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from statistics import median

from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from tokencost import calculate_cost_by_tokens  # type: ignore[import-untyped]

from otel_costing import Cost, Usage, price
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Aim, Beside, Figure
from tests.benchmarks.measure import Work, in_turn, percent_of, spread_of, wall_ms

AT = datetime(2026, 11, 1, tzinfo=UTC)
FIVE_METERS = Usage(input=1000, cache_read=300, cache_write_5m=500, output=150, reasoning=50)
THEIR_FIVE = TheirUsage(
    input_tokens=1800, cache_read_tokens=300, cache_write_tokens=500, output_tokens=200
)
THREE_METERS = Usage(input=700, cache_read=300, output=200)
THEIR_THREE = {"input": 700, "cached": 300, "output": 200}

_OUR_FIRST = """
import otel_costing, datetime
at = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
otel_costing.price("openai", "gpt-5-mini", {"input": 700, "output": 150}, at=at).total_usd
"""
_THEIR_FIRST = """
import genai_prices
used = genai_prices.Usage(input_tokens=700, output_tokens=150)
genai_prices.calc_price(used, "gpt-5-mini", provider_id="openai").total_price
"""


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure turn by turn, the total read from each answer."""
    rounds = bench.of(8, 40)
    yield from _of_five_meters(rounds)
    yield _of_three_meters(rounds)
    yield _first(bench.of(3, 11))


def _ours(provider: str, model: str, usage: Usage) -> object:
    cost = price(provider, model, usage, at=AT)
    assert isinstance(cost, Cost)
    return cost.total_usd


def _genai_prices() -> object:
    return calc_price(
        THEIR_FIVE,
        "claude-sonnet-4-5",
        provider_id="anthropic",
        genai_request_timestamp=AT,
    ).total_price


def _tokencost() -> object:
    return sum(
        calculate_cost_by_tokens(tokens, "gpt-4o", kind) for kind, tokens in THEIR_THREE.items()
    )


def _of_five_meters(rounds: int) -> list[Figure]:
    work = partial(_ours, "anthropic", "claude-sonnet-4-5", FIVE_METERS)
    ours, theirs = _both(work, _genai_prices, rounds)
    beside = Beside("genai_prices.calc_price()", median(theirs))
    a_tenth = Aim(10, "a tenth of what the library takes from which the rates come")
    return [
        Figure("price() of five meters", spread_of(ours), "us", beside=beside),
        Figure("price() of five meters, of calc_price()", percent_of(ours, theirs), "%", a_tenth),
    ]


def _of_three_meters(rounds: int) -> Figure:
    """Measure the meters that tokencost knows; it has neither cache writes nor dates."""
    ours, theirs = _both(partial(_ours, "openai", "gpt-4o", THREE_METERS), _tokencost, rounds)
    beside = Beside("tokencost, a look-up for each", median(theirs))
    return Figure("price() of three meters", spread_of(ours), "us", beside=beside)


def _both(ours: Work, theirs: Work, rounds: int) -> list[tuple[float, ...]]:
    if ours() != theirs():
        raise ValueError(f"the two do not price the same call: {ours()} and {theirs()}")
    return in_turn([ours, theirs], times=200, rounds=rounds)


def _first(rounds: int) -> Figure:
    programs = ("pass", _OUR_FIRST, _THEIR_FIRST)
    for program in programs:
        _run(program)
    taken = [[wall_ms(partial(_run, one)) for one in programs] for _ in range(rounds)]
    ours, theirs = ([each[place] - each[0] for each in taken] for place in (1, 2))
    return Figure(
        "import and the first price, above an empty program",
        spread_of(ours),
        "ms",
        Aim(150, "a command or a function that is started anew feels it"),
        Beside("genai_prices, the same", median(theirs)),
    )


def _run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True)
