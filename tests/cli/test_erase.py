"""`otel-costing erase`: whom it names is gone afterwards, what they cost is not."""

from __future__ import annotations

import re

import pytest

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.jobs import erase_job
from otel_costing.jobs.work import JobRefused
from tests.calls import batch, entry
from tests.cli.conftest import Command

ANNA = Attribution(team="support", user_id="anna@example.org", session_id="s-1")
ROWS = [{"table": "ledger", "identifier": "user_id", "rows": 2, "left_rows": 0}]


@pytest.fixture
def ledger(dsn: str) -> str:
    """The address of a ledger with two calls of Anna's, and one of nobody's."""
    with Store.open(dsn) as store:
        store.book(batch([entry(1, attribution=ANNA), entry(2, attribution=ANNA), entry(3)]))
    return dsn


def by_user(command: Command, dsn: str) -> dict[str, int]:
    document = command("report", "--by", "user_id", "--dsn", dsn, "--format", "json").document
    return {row["user_id"]: row["calls"] for row in document["rows"]}


def test_what_a_person_cost_is_unattributed_afterwards(command: Command, ledger: str) -> None:
    assert by_user(command, ledger)[ANNA.user_id] == 2

    erased = command("erase", "--user-id", ANNA.user_id, "--dsn", ledger, "--format", "json")

    assert (erased.status, erased.document["rows"]) == (0, ROWS)
    assert list(by_user(command, ledger).values()) == [3]


def test_looking_first_says_the_same_and_changes_nothing(command: Command, ledger: str) -> None:
    asked = ("erase", "--user-id", ANNA.user_id, "--dry-run", "--dsn", ledger)
    looked = command(*asked, "--format", "json")

    assert looked.status == 0
    assert looked.document == {
        "erasure_id": None,
        "dry_run": True,
        "rows": [{**ROWS[0], "left_rows": 2}],
    }
    assert "Nothing was changed." in command(*asked).out
    assert by_user(command, ledger)[ANNA.user_id] == 2


def test_several_are_erased_in_one_act(command: Command, ledger: str) -> None:
    both = ("--user-id", ANNA.user_id, "--session-id", "s-1", "--reason", "request 7")
    first = command("erase", *both, "--dsn", ledger)
    again = command("erase", *both, "--dsn", ledger)

    assert "Erased, on record as " in first.out
    assert (again.status, again.out) == (0, "Nothing to do: no row holds them.\n")
    with Store.open(ledger, create=False) as store:
        acts = store.connection.query(
            "SELECT identifiers, reason FROM erasures WHERE state = 'done'"
        )
    assert [tuple(row) for row in acts.rows] == [(["user_id", "session_id"], "request 7")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "identifiers: name nobody; give one of customer_id, user_id, session_id"),
        (("--user-id", ""), "user_id: is empty; name whom to erase"),
        (("--user-id", "anna", "--reason", "anna wrote"), "reason: holds what is to be erased"),
    ],
)
def test_what_cannot_be_done_is_said_before_a_ledger_is_opened(
    command: Command, arguments: tuple[str, ...], said: str
) -> None:
    refused = command("erase", *arguments, "--dsn", "chdb:///nowhere/at/all")

    assert refused.status == 2
    assert said in refused.err


def test_a_ledger_that_is_not_there_is_not_made(command: Command, dsn: str) -> None:
    refused = command("erase", "--user-id", "anna", "--dsn", f"{dsn}_missing")

    assert refused.status == 2
    assert re.search("There is no (ledger|database) .* yet", refused.err)


GOOD = {
    "erasure_id": "e",
    "salt": "s",
    "identifiers": ["user_id"],
    "digests": ["d"],
    "reason": "",
}


@pytest.mark.parametrize(
    "changed",
    [
        {"identifiers": []},
        {"identifiers": ["team"]},
        {"digests": []},
        {"salt": 7},
        {"user_id": "anna"},
        {"dry_run": "no"},
    ],
)
def test_a_job_that_says_something_else_is_refused(changed: dict[str, object]) -> None:
    assert erase_job.read(GOOD).act.digests == ("d",)
    with pytest.raises(JobRefused):
        erase_job.read({**GOOD, **changed})
