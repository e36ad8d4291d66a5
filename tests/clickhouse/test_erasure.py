"""A person's identifiers leave the ledger; its money, its digests and its history stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import seal
from otel_costing.clickhouse.erasure import (
    IDENTIFIERS,
    Act,
    act_of,
    digest_of,
    erase,
    identifiers_of,
    problems_of,
)
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.sql import ASKED_WITH_PARAMETERS
from otel_costing.clickhouse.store import Store
from otel_costing.rates import default_rates
from tests.achieved import outcome
from tests.calls import NOON, SECOND, batch, record
from tests.clickhouse.audited import audited
from tests.clickhouse.tables import everything, rows
from tests.clickhouse.told import NATIVE, SPLIT, WRAPPER, book, call

ANNA = Attribution(
    team="support",
    feature="answers",
    customer_id="acme-ltd",
    user_id="anna@example.org",
    session_id="session-of-anna",
)
BERT = ANNA._replace(user_id="bert@example.org", session_id="session-of-bert")


@pytest.fixture
def told(store: Store) -> Store:
    """A ledger in which Anna's call was told of twice and corrected, an aggregate of hers waits, and Bert made one."""
    agent = record(8, trace="d" * 32)
    book(
        store,
        [call(NATIVE, SPLIT, attribution=ANNA._replace(user_id=""))],
        [call(WRAPPER, attribution=ANNA)],
        [call(record(9, parent=8, trace="d" * 32), {"input": 600}, attribution=ANNA)],
        [call(agent, cause="aggregate", attribution=ANNA)],
        [call(record(6, trace="f" * 32, start_ns=NOON + SECOND), {"input": 8}, attribution=BERT)],
    )
    store.settle(now_ns=NOON)
    store.rebuild_rollups()
    return store


@pytest.fixture
def plain(store: Store) -> Store:
    """A ledger with one call of each."""
    later = record(6, trace="f" * 32, start_ns=NOON + SECOND)
    book(
        store, [call(NATIVE, SPLIT, attribution=ANNA), call(later, {"input": 8}, attribution=BERT)]
    )
    return store


def calls_of_anna(store: Store) -> list[tuple[int, ...]]:
    return rows(store, "SELECT count() FROM costs WHERE user_id = 'anna@example.org'")


def act(reason: str = "request 7", **said: str) -> Act:
    return act_of(identifiers_of({column: [value] for column, value in said.items()}), reason)


def texts_on_disk(directory: Path, word: str) -> list[str]:
    """Return the files that say a word in the clear, such as the engine's notes of what it was told to do."""
    return [
        path.name
        for path in directory.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    ]


def test_an_identifier_that_was_erased_stands_in_no_column_of_any_table(told: Store) -> None:
    assert rows(told, "SELECT count() FROM sightings FINAL WHERE user_id = 'anna@example.org'") > [
        (0,)
    ]
    (hers,) = seal([], default_rates(), NOON, largest=9, outcomes=[outcome(attribution=ANNA)])
    told.book(hers)

    erased = erase(told.connection, act(user_id=ANNA.user_id, session_id=ANNA.session_id))

    assert {column for _, column in erased.held} == {"user_id", "session_id"}
    assert {table for table, _ in erased.held} == {"ledger", "sightings", "outcomes"}
    assert erased.left == {}
    tables = rows(told, "SELECT name FROM system.tables WHERE database = currentDatabase()")
    read = [name for (name,) in tables if name not in ASKED_WITH_PARAMETERS]
    said = {name: repr(rows(told, f"SELECT * FROM {name}")) for name in read}  # noqa: S608 - names of ours
    assert [name for name, text in said.items() if "anna" in text] == []
    assert "acme-ltd" in said["ledger"]
    assert len(said) > 15


def test_every_entry_still_states_what_its_digest_says_and_every_total_stays(told: Store) -> None:
    before = audited(told)
    erase(told.connection, act(user_id=ANNA.user_id, customer_id="acme-ltd"))

    assert audited(told) == before
    assert told.rebuild_rollups() == []
    assert told.settle(now_ns=NOON, since=EVERYTHING).entries == 0


def test_others_keep_theirs(plain: Store) -> None:
    erase(plain.connection, act(user_id=ANNA.user_id))

    kept = "SELECT user_id, session_id, customer_id FROM costs WHERE user_id != ''"
    assert rows(plain, kept) == [(BERT.user_id, BERT.session_id, "acme-ltd")]


def test_a_value_is_erased_only_in_the_column_that_was_named(plain: Store) -> None:
    assert erase(plain.connection, act(customer_id=ANNA.user_id)).held == {}
    assert calls_of_anna(plain) == [(1,)]


def test_the_same_span_again_does_not_bring_it_back(plain: Store) -> None:
    erase(plain.connection, act(user_id=ANNA.user_id))
    book(plain, [call(NATIVE, SPLIT, attribution=ANNA)])

    assert calls_of_anna(plain) == [(0,)]


def test_what_a_journal_brings_back_in_another_batch_is_erased_again(told: Store) -> None:
    """Nobody can know whom not to book without keeping a list of them."""
    before = audited(told)
    erase(told.connection, act(user_id=ANNA.user_id))
    book(told, [call(WRAPPER, attribution=ANNA), call(NATIVE, SPLIT, attribution=ANNA)])
    told.settle(now_ns=NOON, since=EVERYTHING)
    assert calls_of_anna(told) == [(1,)]

    assert erase(told.connection, act(user_id=ANNA.user_id)).left == {}
    assert told.settle(now_ns=NOON, since=EVERYTHING).entries == 0
    assert calls_of_anna(told) == [(0,)]
    assert audited(told).net == before.net


def test_the_record_tells_whose_erasure_it_was_only_to_who_knows_the_identifier(
    plain: Store,
) -> None:
    done = act(user_id=ANNA.user_id)
    held = erase(plain.connection, done).held
    asked = "SELECT state, identifiers, salt, digests, erased_rows, reason FROM erasures ORDER BY stated_at"
    begun, ended = rows(plain, asked)

    counted: dict[str, int] = {}
    for (table, _), count in held.items():
        counted[table] = counted.get(table, 0) + count
    assert begun == ("begun", ["user_id"], done.salt, list(done.digests), counted, "request 7")
    assert ended == ("done", *begun[1:])
    (anna,) = identifiers_of({"user_id": [ANNA.user_id]})
    assert ended[3] == [digest_of(anna, ended[2])]
    assert ended[3] != list(act(user_id=ANNA.user_id).digests)


def test_looking_first_changes_and_records_nothing(plain: Store) -> None:
    before = everything(plain)
    looked = erase(plain.connection, act(user_id=ANNA.user_id), dry_run=True)

    assert looked.left == looked.held != {}
    assert everything(plain) == before
    assert rows(plain, "SELECT count() FROM erasures") == [(0,)]


def test_an_erasure_that_was_cut_short_is_finished_by_the_next(plain: Store) -> None:
    half = "ALTER TABLE ledger UPDATE user_id = '' WHERE 1 SETTINGS mutations_sync = 2"
    plain.connection.command(half)
    whom = {"user_id": ANNA.user_id, "session_id": ANNA.session_id}

    erased = erase(plain.connection, act(**whom))
    again = erase(plain.connection, act(**whom))

    assert erased == ({("ledger", "session_id"): 1}, {})
    assert again.held == {}
    assert rows(plain, "SELECT count() FROM erasures WHERE state = 'done'") == [(1,)]


def test_the_engine_keeps_no_note_of_whom_it_erased(store: Store, directory: Path) -> None:
    name = "somebody-who-is-named-nowhere-else"
    book(
        store,
        [call(record(7, trace="7" * 32), {"input": 1}, attribution=Attribution(user_id=name))],
    )
    erase(store.connection, act(user_id=name))

    commands = rows(store, "SELECT command FROM system.mutations")
    assert any("SHA256" in command for (command,) in commands)
    assert not any(name in command for (command,) in commands)
    assert [name for name in texts_on_disk(directory, name) if name.startswith("mutation_")] == []


def test_no_sort_or_partition_key_holds_an_identifier(store: Store) -> None:
    keys = rows(store, "SELECT concat(sorting_key, ' ', partition_key) FROM system.tables")

    assert not any(re.search(rf"\b{name}\b", key) for (key,) in keys for name in IDENTIFIERS)


def test_a_table_with_one_identifier_has_them_all(store: Store) -> None:
    """One statement empties them; a table that has some of the columns only would make it fail."""
    found = rows(
        store,
        "SELECT table, count() FROM system.columns WHERE database = currentDatabase() "
        "AND name IN ('customer_id', 'user_id', 'session_id') GROUP BY table",
    )

    assert {count for _, count in found} == {len(IDENTIFIERS)}


def test_identifiers_are_spelled_as_the_ledger_spells_them(store: Store) -> None:
    spelled = Attribution(user_id="é" * 256)
    book(store, [call(record(1), {"input": 1}, attribution=spelled)])
    long = act(user_id="\n" + "é" * 300)

    assert erase(store.connection, act(user_id="é" * 300)).left == {}
    assert erase(store.connection, long).held == {}
    assert rows(store, "SELECT user_id FROM ledger") == [("",)]


@pytest.mark.parametrize(
    ("said", "reason", "problem"),
    [
        ({}, "", "name nobody"),
        ({"user_id": [""]}, "", "user_id: is empty"),
        ({"user_id": ["\n"]}, "", "user_id: is empty"),
        ({"user_id": ["anna"]}, "anna asked", "reason: holds what is to be erased"),
    ],
)
def test_what_cannot_be_erased_is_told_first(
    said: dict[str, list[str]], reason: str, problem: str
) -> None:
    assert any(problem in str(one) for one in problems_of(identifiers_of(said), reason))


def test_an_empty_batch_needs_no_erasure(store: Store) -> None:
    store.book(batch())

    assert erase(store.connection, act(user_id="nobody")) == ({}, {})
    assert rows(store, "SELECT count() FROM erasures") == [(0,)]
