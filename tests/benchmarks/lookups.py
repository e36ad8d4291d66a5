"""The packaged rate book: how long it takes to load and to find a rate in, and what it holds."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from functools import partial
from itertools import chain
from typing import Any

from otel_costing.rates import RateBook, tables_directory
from otel_costing.usage import Usage
from tests.benchmarks.measure import Figure, cpu_us, spread_of

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
tail = "-x:1/" * 2_000
before = process_time_ns()
for number in range(1_000_000):
    us("openai", f"gpt-{{number}}{{'' if number % 100 else tail}}")
each_us = (process_time_ns() - before) / 1e9
tracemalloc.start()
for number in range(10_000):
    us("openai", f"gpt-{{number}}{{tail}}")
json.dump([each_us, tracemalloc.get_traced_memory()[1] / 1e6], sys.stdout)
"""
_ROUNDS = 5


def _told(program: str) -> Any:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return json.loads(done.stdout)


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def figures() -> list[Figure]:
    """Measure loading in this process, first look-ups in fresh ones."""
    return [*_loading(), *_first(), *_again(), *_hostile()]


def _loading() -> list[Figure]:
    text = (tables_directory() / "book.json").read_text(encoding="utf-8")
    load = partial(_load, text)
    times = [cpu_us(load, 1) / 1000 for _ in range(11)]
    tracemalloc.start()
    book = load()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    models = sum(len(book.models(provider)) for provider in book.providers())
    return [
        Figure(f"loading the rate book of {models} models", spread_of(times), "ms", 60),
        Figure("what the rate book holds", spread_of([held / 1e6]), "MB", 30),
    ]


def _load(text: str) -> RateBook:
    return RateBook(json.loads(text))


def _first() -> list[Figure]:
    rounds = [_told(_FIRST) for _ in range(_ROUNDS)]
    very_first, known, near = zip(*rounds, strict=True)
    return [
        Figure("first look-up of a model", spread_of([*chain(*known)]), "us", 100),
        Figure("the same, slowest of a hundred", spread_of([*map(_p99, known)]), "us", 100),
        Figure("the same, first of the process", spread_of([*very_first]), "us", None),
        Figure("first look-up of a name nobody has", spread_of([*chain(*near)]), "us", 100),
    ]


def _again() -> list[Figure]:
    book = _load((tables_directory() / "book.json").read_text(encoding="utf-8"))
    find = partial(book.find, "openai", "gpt-5-mini-2025-08-07", ONE, at_ns=AT_NS)
    return [
        Figure("look-up of the same", spread_of([cpu_us(find, 5_000) for _ in range(20)]), "us", 1)
    ]


def _hostile() -> list[Figure]:
    each, held = _told(_HOSTILE)
    return [
        Figure("a million unknown names, some of 10 kB: each", spread_of([each]), "us", 100),
        Figure("names of 10 kB each: held at most", spread_of([held]), "MB", 64),
    ]
