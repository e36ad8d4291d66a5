"""How fast a ledger is looked at under another book, and how fast what changes is taken back and charged anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from otel_costing.batch import Examined, examine, seal
from otel_costing.clickhouse.repricing import Repriced, Scope, repricing
from otel_costing.clickhouse.store import Store
from otel_costing.cyclic_garbage import looking_seldom
from otel_costing.rates import RateBook
from otel_costing.repricing import Repricer
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Aim, Figure, Spread
from tests.benchmarks.measure import spread_of
from tests.benchmarks.series import Series
from tests.calls import NOON, SECOND, hex_id, record
from tests.rate_books import book_of, table

_CALLS_SHORT, _CALLS = (1_000, 2_000, 4_000), (25_000, 50_000, 100_000)
_RARE = 100
"""Of so many calls one is of the model whose rate changes first."""
_MANY = 5
_ROUNDS_SHORT, _ROUNDS = 1, 3
_MODELS = """\
  common:
    rates:
      - {{from: null, prices: {{input: "1", output: "2"}}}}
  many:
    rates:
      - {{from: null, prices: {{input: "{many}", output: "2"}}}}
  rare:
    rates:
      - {{from: null, prices: {{input: "{rare}", output: "2"}}}}
"""


_EXAMINED = Series(
    "look at {size} calls, of which 1 % change: each",
    "us",
    "calls",
    is_of_each=True,
    aim=Aim(10, "100,000 a second: ten million calls in two minutes"),
)
_CHANGED = Series(
    "change 20 % of {size} calls: each that changes",
    "us",
    "calls",
    is_of_each=True,
    aim=Aim(125, "8,000 a second: a corrected rate of a million calls in two minutes"),
)


class _Repriced(NamedTuple):
    """What it took, microseconds."""

    each_examined: Spread
    """Where the price of the rare was another one."""
    each_changed: Spread
    """Where that of the many was."""


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure by the clock on the wall, with whatever the store does on its own threads."""
    rounds = bench.of(_ROUNDS_SHORT, _ROUNDS)
    sizes = bench.of(_CALLS_SHORT, _CALLS)
    repriced = cache(partial(_repriced, rounds))
    with looking_seldom():  # as the command does
        yield from _EXAMINED.figures(sizes, lambda calls: repriced(calls).each_examined)
        yield from _CHANGED.figures(sizes, lambda calls: repriced(calls).each_changed)


def _repriced(rounds: int, calls: int) -> _Repriced:
    with TemporaryDirectory() as name:
        directory = Path(name)
        books = [_book(directory, number, rounds) for number in range(2 * rounds + 1)]
        with Store.open(f"chdb://{directory / 'ledger'}") as store:
            _fill(store, books[0], calls)
            changes = [_seconds(store, book, calls) for book in books[1:]]
    each = [1e6 * one / calls for one in changes[:rounds]]
    each_changed = [1e6 * one / (calls // _MANY) for one in changes[rounds:]]
    return _Repriced(spread_of(each), spread_of(each_changed))


def _book(directory: Path, number: int, rounds: int) -> RateBook:
    """Return a book in which the price of the rare model, then that of the many, is another one each time."""
    prices = {"rare": 1 + min(number, rounds), "many": 1 + max(number - rounds, 0)}
    at = directory / str(number)
    at.mkdir()
    return book_of(at, table(_MODELS.format(**prices)))


def _fill(store: Store, book: RateBook, calls: int) -> None:
    for batch in seal(list(_calls(book, calls)), book, NOON, largest=10_000):
        store.book(batch)


def _calls(book: RateBook, calls: int) -> Iterator[Examined]:
    for number in range(calls):
        span = record(number, trace=hex_id(number // 10, 32), start_ns=NOON - number * SECOND)
        said = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "acme",
            "gen_ai.request.model": _model(number),
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 200,
        }
        yield examine(span._replace(attributes=said), book, NOON)


def _model(number: int) -> str:
    if number % _RARE == 1:
        return "rare"
    return "many" if number % _MANY == 0 else "common"


def _seconds(store: Store, book: RateBook, calls: int) -> float:
    before_s = time.perf_counter()
    done = _done(store, book)
    elapsed_s = time.perf_counter() - before_s
    if done.effects.calls not in {calls // _RARE, calls // _MANY}:
        raise ValueError(f"{done.effects.calls} calls were charged anew")
    return elapsed_s


def _done(store: Store, book: RateBook) -> Repriced:
    steps = repricing(store, Repricer(book), Scope(), NOON)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            done: Repriced = ended.value
            return done
