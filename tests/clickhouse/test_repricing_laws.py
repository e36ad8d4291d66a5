"""Whatever is told, settled and repriced in whatever order and cut short wherever, the ledger comes to what the last book says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.repricing import Repriced, Scope, repricing
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.store import Store, StoreUnavailable
from otel_costing.entry import sealed
from otel_costing.ledger import Wanted
from otel_costing.rates import RateBook
from otel_costing.repricing import Repricer
from tests.calls import NOON, SECOND
from tests.clickhouse.dying import dying_at
from tests.clickhouse.tables import copies_kept, emptied, rows
from tests.clickhouse.test_settling_laws import _NET, said_at_once
from tests.random_truths import Truth, deliveries, truths
from tests.repriced_books import growing_books

A_FEW_HISTORIES = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_UNPAIRED = """
    SELECT call_id, revision FROM ledger FINAL GROUP BY call_id, revision
    HAVING countIf(kind = 'charge') != 1 OR countIf(kind = 'reversal') > 1
"""
_STANDING = "SELECT call_id FROM costs GROUP BY call_id HAVING sum(sign) != 1"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[RateBook]:
    """Each knows more than the one before."""
    return growing_books(tmp_path_factory.mktemp("books"))


def told_at(book: RateBook, told: Sequence[Examined]) -> list[Examined]:
    """Return what is told, priced by a book as its receiver would."""
    repricer = Repricer(book, may_unprice=True)
    priced = []
    for one in told:
        if one.account is None or not one.account.items:
            priced.append(one)
            continue
        wanted = repricer.wanted(one.account)
        assert isinstance(wanted, Wanted)
        assert wanted.charge is not None
        priced.append(one._replace(account=sealed(wanted.charge)))
    return priced


def repriced(store: Store, book: RateBook, *, dry_run: bool = False) -> Repriced:
    """Apply a book to all there is."""
    steps = repricing(store, Repricer(book), Scope(), NOON, dry_run=dry_run)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            done: Repriced = ended.value
            return done


class _History:
    """What happens to one ledger; what is cut short is left as it is."""

    def __init__(self, store: Store, books: Sequence[RateBook], data: st.DataObject) -> None:
        self._store = store
        self._books = books
        self._data = data
        self._seconds = 60

    def take(self, told: Sequence[Examined], newest: int) -> None:
        """Receive a batch by a book that is not newer than the newest, and book it, at the latest by a second attempt."""
        book = self._books[self._data.draw(st.integers(0, newest))]
        self._seconds += 1
        at_ns = NOON + self._seconds * SECOND
        batches = seal(told_at(book, told), book, at_ns, largest=10_000)
        for batch in batches:
            self._mortal(lambda store, batch=batch: store.book(batch))  # type: ignore[misc]
            self._store.book(batch)

    def meanwhile(self, newest: int) -> None:
        """Settle or reprice, some times."""
        for is_settled in self._data.draw(st.lists(st.booleans(), max_size=3)):
            if is_settled:
                self._mortal(lambda store: store.settle(now_ns=NOON))
            else:
                book = self._books[self._data.draw(st.integers(0, newest))]
                self._mortal(lambda store, book=book: repriced(store, book))  # type: ignore[misc]

    def _mortal(self, work: Callable[[Store], object]) -> None:
        dies_at = self._data.draw(st.integers(0, 5))
        if not dies_at:
            work(self._store)
            return
        done = self._data.draw(st.booleans())
        mortal = Store(dying_at(self._store.connection, dies_at, is_done=done))
        with suppress(StoreUnavailable):
            work(mortal)


@A_FEW_HISTORIES
@given(truth=truths(traces=1), data=st.data())
def test_the_net_is_what_the_newest_book_says_of_everything_at_once(
    store: Store, books: list[RateBook], truth: Truth, data: st.DataObject
) -> None:
    ledger = emptied(store)
    history = _History(ledger, books, data)
    newest = 0
    for told in data.draw(deliveries(truth.told, most=3)):
        history.take(told, newest)
        newest = data.draw(st.integers(newest, len(books) - 1))
        history.meanwhile(newest)

    newest_book = books[newest]
    repriced(ledger, newest_book)
    ledger.settle(now_ns=NOON)

    assert rows(ledger, _NET) == said_at_once(told_at(newest_book, truth.told))
    assert rows(ledger, _UNPAIRED) == []
    assert rows(ledger, _STANDING) == []
    assert copies_kept(ledger) == 0
    posted = rows(ledger, "SELECT count() FROM ledger")
    again = repriced(ledger, newest_book)
    assert (again.entries, again.accounts) == (0, 0)
    assert ledger.settle(now_ns=NOON, since=EVERYTHING).entries == 0
    assert rows(ledger, "SELECT count() FROM ledger") == posted
