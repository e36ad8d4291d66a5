"""How fast a ledger is looked at under another book, and how fast what changes is taken back and charged anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from otel_costing.batch import Examined, examine, seal
from otel_costing.clickhouse.repricing import Repriced, Scope, repricing
from otel_costing.clickhouse.store import Store
from otel_costing.cyclic_garbage import looking_seldom
from otel_costing.rates import RateBook
from otel_costing.repricing import Repricer
from tests.benchmarks.measure import Figure, spread_of
from tests.calls import NOON, SECOND, hex_id, record
from tests.rate_books import book_of, table

_CALLS = 50_000
_RARE = 100
"""Of so many calls one is of the model whose rate changes first."""
_MANY = 5
_ROUNDS = 3
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


def figures() -> list[Figure]:
    """Measure by the clock on the wall, with whatever the store does on its own threads."""
    with TemporaryDirectory() as name, looking_seldom():  # as the command does
        directory = Path(name)
        books = [_book(directory, number) for number in range(2 * _ROUNDS + 1)]
        with Store.open(f"chdb://{directory / 'ledger'}") as store:
            _fill(store, books[0])
            rare = [_us_each(store, book, _CALLS) for book in books[1 : _ROUNDS + 1]]
            many = [_us_each(store, book, _CALLS // _MANY) for book in books[_ROUNDS + 1 :]]
    return [
        Figure("reprice 50k calls, 1 % change: each", spread_of(rare), "us", 10),
        Figure("reprice 20 % of 50k calls: each changed", spread_of(many), "us", 125),
    ]


def _book(directory: Path, number: int) -> RateBook:
    """Return a book in which the price of the rare model, then that of the many, is another one each time."""
    prices = {"rare": 1 + min(number, _ROUNDS), "many": 1 + max(number - _ROUNDS, 0)}
    at = directory / str(number)
    at.mkdir()
    return book_of(at, table(_MODELS.format(**prices)))


def _fill(store: Store, book: RateBook) -> None:
    for batch in seal(list(_calls(book)), book, NOON, largest=10_000):
        store.book(batch)


def _calls(book: RateBook) -> Iterator[Examined]:
    for number in range(_CALLS):
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


def _us_each(store: Store, book: RateBook, calls: int) -> float:
    before_s = time.perf_counter()
    done = _done(store, book)
    elapsed_s = time.perf_counter() - before_s
    if done.effects.calls not in {_CALLS // _RARE, _CALLS // _MANY}:
        raise SystemExit(f"{done.effects.calls} calls were charged anew")
    return elapsed_s * 1e6 / calls


def _done(store: Store, book: RateBook) -> Repriced:
    steps = repricing(store, Repricer(book), Scope(), NOON)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            done: Repriced = ended.value
            return done
