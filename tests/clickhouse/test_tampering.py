"""A ledger that somebody wrote into: every way of it is found, named, and found nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from otel_costing.audit import Fault
from otel_costing.clickhouse.auditing import Audited, Window
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, Wanted, content_digest, restate
from tests.calls import entry
from tests.clickhouse.auditors import audit_of, recorded

UPDATE = "ALTER TABLE ledger UPDATE {what} WHERE {where} SETTINGS mutations_sync = 2"
DELETE = "ALTER TABLE ledger DELETE WHERE {where} SETTINGS mutations_sync = 2"
INSERT = "INSERT INTO ledger SELECT * REPLACE ({what}) FROM ledger FINAL WHERE {where}"


class Tampering(NamedTuple):
    """What somebody did to one call, and what must be found of it."""

    sentence: str
    statement: str
    what: str
    faults: tuple[tuple[str, str, str], ...]
    """Check, subject (`entry`, `call`, `batch` or itself), and words of the detail."""
    call: str = "priced"
    """What it was: `priced`, `unpriced` or `corrected`."""
    where: str = "kind = 'charge'"

    @property
    def is_of_batch(self) -> bool:
        """Whether its batch is off, too; others share one."""
        return any(check == "batch" for check, _, _ in self.faults)


DIGEST = ("content_digest", "entry", "states something else")
TAMPERED = [
    Tampering("another model", UPDATE, "model = 'cheaper'", (DIGEST,)),
    Tampering(
        "another total",
        UPDATE,
        "total_usd = 99",
        (DIGEST, ("total", "entry", "items sum to 0.004500000000 USD, and its total is 99")),
    ),
    Tampering(
        "another amount",
        UPDATE,
        "`items.amount_usd` = [toDecimal128('0.003', 12), toDecimal128('0.0015', 12)]",
        (
            DIGEST,
            ("amount", "entry", "input is 1000 x 2.5 / 1000000, and its amount 0.003"),
            ("amount", "entry", "output is 200 x 10 / 1000000, and its amount 0.0015"),
        ),
    ),
    Tampering(
        "an amount without a price",
        UPDATE,
        "`items.unit_price` = [NULL, `items.unit_price`[2]]",
        (DIGEST, ("amount", "entry", "one of price and amount without the other")),
    ),
    Tampering(
        "no total",
        UPDATE,
        "total_usd = NULL",
        (DIGEST, ("total", "entry", "it is priced and has no total")),
    ),
    Tampering(
        "a total without a price",
        UPDATE,
        "total_usd = 0",
        (DIGEST, ("total", "entry", "it is unpriced and has a total")),
        call="unpriced",
    ),
    Tampering(
        "no reason",
        UPDATE,
        "status_reason = ''",
        (DIGEST, ("status", "entry", "unpriced, with 0 of 2 items")),
        call="unpriced",
    ),
    Tampering(
        "another status",
        UPDATE,
        "status = 'partial'",
        (DIGEST, ("status", "entry", "partial, with 2 of 2 items")),
    ),
    Tampering(
        "counted twice",
        UPDATE,
        "sign = 2",
        (DIGEST, ("sign", "entry", "a charge with the sign 2")),
    ),
    Tampering(
        "another revision",
        UPDATE,
        "revision = 1",
        (
            ("entry_id", "entry", "its call, kind and revision make"),
            ("revisions", "call", "no charge has the revision 0"),
        ),
    ),
    Tampering("another span", UPDATE, "span_id = 'f'", (("call_id", "entry", "its span makes"),)),
    Tampering(
        "a rate that nobody knows",
        UPDATE,
        "rate_id = 'acme/m@2'",
        (DIGEST, ("rate_on_record", "acme/m@2", "it priced 1 entries")),
    ),
    Tampering(
        "a charge is gone",
        DELETE,
        "",
        (("batch", "batch", "1 of its 1 entries are not in the ledger"),),
    ),
    Tampering(
        "another model, and its digest made to fit",
        UPDATE,
        "model = 'cheaper', content_digest = '{digest}'",
        (("batch", "batch", "not those that it brought"),),
    ),
    Tampering(
        "a charge of which only the reversal is left",
        DELETE,
        "",
        (
            ("revisions", "call", "no charge has the revision 0"),
            ("reversal", "call", "revision 0 is taken back, and no charge"),
            ("batch", "batch", "1 of its 3 entries are not in the ledger"),
        ),
        call="corrected",
        where="kind = 'charge' AND revision = 0",
    ),
    Tampering(
        "a reversal is gone, so that two charges stand",
        DELETE,
        "",
        (
            ("revisions", "call", "charges of the revisions 0, 1 stand together"),
            ("batch", "batch", "1 of its 3 entries are not in the ledger"),
        ),
        call="corrected",
        where="kind = 'reversal'",
    ),
    Tampering(
        "a reversal takes back from another team",
        UPDATE,
        "team = 'somebody else'",
        (("reversal", "call", "what takes back revision 0 is not what was charged"),),
        call="corrected",
        where="kind = 'reversal'",
    ),
    Tampering(
        "a copy that claims another day",
        INSERT,
        "ended_on + 1 AS ended_on",
        (
            ("stored_twice", "entry", "the days 2026-11-22, 2026-11-23, each of which counts"),
            ("batch", "batch", "2 entries name it, and it brought 1"),
        ),
    ),
    Tampering(
        "a copy that states something else",
        INSERT,
        "'0' AS content_digest, booked_at + 1 AS booked_at",
        (DIGEST, ("stored_twice", "entry", "its copies state different things")),
    ),
    Tampering(
        "an entry of a batch that nobody finished",
        UPDATE,
        "batch_id = 'cut short'",
        (("batch_on_record", "cut short", "1 of its entries are in"),),
    ),
]
WITNESS = len(TAMPERED)
"""The number of a call that nobody touched."""


def charges(number: int, kind: str) -> list[LedgerEntry]:
    first = entry(number, unpriced="unknown_model" if kind == "unpriced" else "")
    if kind != "corrected":
        return [first]
    moved = first._replace(attribution=first.attribution._replace(team="search"))
    return [first, *restate([first], {first.call_id: Wanted(moved, "attribution")})]


def tamper(store: Store, number: int, one: Tampering) -> None:
    first = entry(number)
    where = f"call_id = '{first.call_id}' AND {one.where}"
    digest = content_digest(first._replace(model="cheaper"))
    what = one.what.replace("{digest}", digest)
    store.connection.command(one.statement.format(what=what, where=where))


@pytest.fixture(scope="module")
def tampered(directory: Path) -> Iterator[Audited]:
    """What an audit finds in a ledger of calls, one for each way of tampering and one that nobody touched."""
    with Store.open(f"chdb://{directory}?database=tampered") as store:
        together = charges(WITNESS, "corrected")
        for number, one in enumerate(TAMPERED):
            if one.is_of_batch:
                store.book(recorded(charges(number, one.call), name=f"batch {number}"))
            else:
                together += charges(number, one.call)
        store.book(recorded(together, name="together"))
        assert audit_of(store).faults.listed == []
        for number, one in enumerate(TAMPERED):
            tamper(store, number, one)
        yield audit_of(store)


def subjects(number: int) -> dict[str, str]:
    """Return the ids by which a call, its first charge and its batch are named."""
    first = entry(number)
    return {"call": first.call_id, "entry": first.entry_id, "batch": f"batch {number}"}


def faults_of_call(found: Audited, number: int) -> list[Fault]:
    named = {*subjects(number).values()}
    if number < len(TAMPERED):
        named |= {subject for _, subject, _ in TAMPERED[number].faults}
    return [one for one in found.faults.listed if one.subject in named]


@pytest.mark.parametrize("number", range(WITNESS), ids=[one.sentence for one in TAMPERED])
def test_what_was_written_into_the_ledger_is_found_and_named(
    tampered: Audited, number: int
) -> None:
    names = subjects(number)
    expected = [
        (check, names.get(subject, subject)) for check, subject, _ in TAMPERED[number].faults
    ]
    faults = faults_of_call(tampered, number)

    assert sorted((one.check, one.subject) for one in faults) == sorted(expected)
    for check, subject, words in TAMPERED[number].faults:
        assert any(
            one.check == check
            and one.subject == names.get(subject, subject)
            and words in one.detail
            for one in faults
        )


def test_what_nobody_touched_is_not_named(tampered: Audited) -> None:
    assert faults_of_call(tampered, WITNESS) == []


def test_sums_that_no_longer_meet_are_told_of_their_month(tampered: Audited) -> None:
    assert {one.subject for one in tampered.faults.listed if one.check == "sums"} == {"2026-11"}


def test_every_check_is_counted(tampered: Audited) -> None:
    assert tampered.faults.by_check.total() == len(tampered.faults.listed)
    assert tampered.faults.by_check["content_digest"] == sum(
        DIGEST in one.faults for one in TAMPERED
    )


def test_only_the_days_asked_for_are_looked_at(directory: Path, tampered: Audited) -> None:
    assert tampered.entries > 0
    with Store.open(f"chdb://{directory}?database=tampered") as store:
        before = audit_of(store, Window(last_day=date(2026, 11, 21)))
        day = audit_of(store, Window(date(2026, 11, 22), date(2026, 11, 22)))

    assert (before.entries, before.faults.listed) == (0, [])
    assert day.faults.by_check["content_digest"] == tampered.faults.by_check["content_digest"]
