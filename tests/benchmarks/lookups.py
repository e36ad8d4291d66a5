"""The packaged rate book: how long it takes to load and to find a rate in, and what it holds."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import chain
from statistics import median
from typing import Any

from otel_costing.rates import RateBook, tables_directory
from otel_costing.usage import Usage
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Aim, Beside, Figure
from tests.benchmarks.measure import cpu_us, in_turn, spread_of

AT_NS = 1_793_491_200 * 10**9
ONE = Usage(input=1)

# Each in a process of its own: what is looked up first, nothing has warmed.
_FIND = """
import gc, json, sys
from time import perf_counter_ns
from otel_costing.rates import default_rates
from otel_costing.usage import Usage
book, one = default_rates(), Usage(input=1)
def us(provider, model):
    before = perf_counter_ns()
    book.find(provider, model, one, at_ns=1_793_491_200 * 10**9)
    return (perf_counter_ns() - before) / 1000
gc.collect(); gc.freeze()
"""
_FIRST = f"""{_FIND}
names = [(provider, model) for provider in book.providers() for model in book.models(provider)]
known = [us(*name) for name in names]
near = [us(provider, model + "x") for provider, model in names]
json.dump([known[0], known[1:], near], sys.stdout)
"""
_HOSTILE = f"""{_FIND}
import tracemalloc
from time import process_time_ns
tail, names = "-x:1/" * 2_000, int(sys.argv[1])
before = process_time_ns()
for number in range(names):
    us("openai", f"gpt-{{number}}{{'' if number % 100 else tail}}")
each_us = (process_time_ns() - before) / names / 1000
tracemalloc.start()
for number in range(names // 100):
    us("openai", f"gpt-{{number}}{{tail}}")
json.dump([each_us, tracemalloc.get_traced_memory()[1] / 1e6], sys.stdout)
"""
_UNNOTICED = Aim(100, "the first call of a model is not to be felt")


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure loading in this process, first look-ups in fresh ones."""
    text = (tables_directory() / "book.json").read_text(encoding="utf-8")
    yield _loading(text, bench.of(5, 21))
    yield from _held(text)
    yield from _first(bench.of(1, 5))
    yield _again(text)
    yield from _hostile(bench.of(20_000, 1_000_000))


def _told(program: str, *arguments: str) -> Any:
    command = [sys.executable, "-c", program, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def _load(text: str) -> RateBook:
    return RateBook(json.loads(text))


def _loading(text: str, rounds: int) -> Figure:
    parsing, loading = in_turn(
        [partial(json.loads, text), partial(_load, text)], times=1, rounds=rounds
    )
    return Figure(
        "loading the rate book",
        spread_of([one / 1000 for one in loading]),
        "ms",
        Aim(60, "less than half of a first price"),
        Beside("parsing its JSON alone", median(parsing) / 1000),
    )


def _held(text: str) -> list[Figure]:
    tracemalloc.start()
    book = _load(text)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    models = sum(len(book.models(provider)) for provider in book.providers())
    small = Aim(30, "beside an application that does something else")
    return [
        Figure("what the rate book holds", spread_of([held / 1e6]), "MB", small),
        Figure("models in it", spread_of([models]), "models"),
    ]


def _first(rounds: int) -> list[Figure]:
    very_first, known, near = zip(*(_told(_FIRST) for _ in range(rounds)), strict=True)
    return [
        Figure("first look-up of a model", spread_of([*chain(*known)]), "us", _UNNOTICED),
        Figure("the same, slowest of a hundred", spread_of([*map(_p99, known)]), "us", _UNNOTICED),
        Figure("the same, first of the process", spread_of([*very_first]), "us"),
        Figure("first look-up of an unknown name", spread_of([*chain(*near)]), "us", _UNNOTICED),
    ]


def _again(text: str) -> Figure:
    find = partial(_load(text).find, "openai", "gpt-5-mini-2025-08-07", ONE, at_ns=AT_NS)
    taken = [cpu_us(find, 5_000) for _ in range(20)]
    return Figure("look-up of the same again", spread_of(taken), "us", Aim(1, "done for each call"))


def _hostile(names: int) -> list[Figure]:
    each, held = _told(_HOSTILE, str(names))
    bounded = Aim(64, "whoever sends names must not fill the memory")
    return [
        Figure("new unknown names, some of 10 kB: each", spread_of([each]), "us", _UNNOTICED),
        Figure("names of 10 kB each: held at most", spread_of([held]), "MB", bounded),
    ]
