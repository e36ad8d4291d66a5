"""A line's remainder is divided to the last digit, and posted once whatever happens in between."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.adjustments import UNALLOCATED, Share, Target, adjustment_id_of
from otel_costing.finops.exact import total
from otel_costing.finops.invoices.amounts import DAY_NS
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.allocation import allocated, divided, whole_pico
from otel_costing.finops.reconciliation.matching import Booked, matched
from otel_costing.finops.reconciliation.posting import (
    Posting,
    entries_of,
    net_usd,
    next_posting,
    undoing,
)
from otel_costing.finops.reconciliation.remainders import Remainder, remainders
from otel_costing.ledger import LedgerEntry, content_digest
from tests.finops.reconciliation.sides import BOOKED, LINES, line

SEARCH, DRAFTS = Target(team="search"), Target(team="drafts", origin_team="support")
PICO = Decimal("1e-12")
USD = st.decimals("-1e9", "1e9", places=12)
BASIS = st.dictionaries(
    st.builds(Target, team=st.text("ab", max_size=3), feature=st.sampled_from(["", "f"])),
    st.decimals("0", "1e6", places=12),
    max_size=6,
)


def remainder(billed: str | Decimal, booked: str | Decimal = "0") -> Remainder:
    return Remainder(line(billed), whole_pico(Decimal(billed)), whole_pico(Decimal(booked)))


def posted(
    one: Remainder, earlier: list[Posting], basis: dict[Target, Decimal] | None = None
) -> list[Posting]:
    """Post a line, and return all that was ever posted of it."""
    following = next_posting(
        one, earlier, basis or {}, document_name="costs.json", note="signed off"
    )
    return earlier if following is None else [*earlier, following]


def entries(postings: list[Posting]) -> list[LedgerEntry]:
    return [entry for posting in postings for entry in entries_of(posting)]


@given(USD, st.lists(st.decimals("0", "1e6", places=12), min_size=1).filter(any))
def test_parts_sum_to_the_whole_and_none_is_off_by_more_than_its_last_digit(
    amount: Decimal, weights: list[Decimal]
) -> None:
    parts = divided(amount, weights)

    assert total(parts) == amount
    whole = total(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - amount * weight) < PICO * whole + PICO


def test_the_largest_remainder_is_served_first_and_of_equal_ones_the_first() -> None:
    thirds = divided(Decimal("0.000000000002"), [Decimal(1)] * 3)
    unequal = divided(Decimal("0.000000000001"), [Decimal(1), Decimal(2)])

    assert thirds == [PICO, PICO, 0]
    assert unequal == [0, PICO]


@given(USD, BASIS)
def test_an_allocation_sums_to_its_amount(amount: Decimal, basis: dict[Target, Decimal]) -> None:
    shares = allocated(amount, basis)

    assert total(share.amount_usd for share in shares) == amount
    assert len({share.target for share in shares}) == len(shares)


def test_without_matched_cost_an_amount_is_unallocated() -> None:
    assert allocated(Decimal(5), {SEARCH: Decimal(0)}) == (
        Share(UNALLOCATED, Decimal(0), Decimal(5)),
    )


def test_so_many_targets_are_allocated_to_coarser_ones() -> None:
    basis = {
        Target(team=f"t{number % 7}", feature=f"f{number}"): Decimal(1) for number in range(700)
    }

    shares = allocated(Decimal(7), basis)

    assert [share.target for share in shares] == [Target(team=f"t{number}") for number in range(7)]
    assert {share.amount_usd for share in shares} == {Decimal(1)}


@given(LINES, BOOKED)
def test_remainders_of_the_lines_sum_to_the_difference_where_something_is_billed(
    lines: list[InvoiceLine], totals: list[Booked]
) -> None:
    for match in matched(lines, totals, DAY_NS):
        found = remainders(match)
        if match.lines:
            billed = total(whole_pico(line.amount_usd) for line in match.lines)
            assert total(one.usd for one in found) == billed - match.booked_usd
        else:
            assert found == []


@given(LINES, BOOKED, USD)
def test_a_line_that_is_settled_keeps_what_was_booked_of_it_and_the_others_share_the_rest(
    lines: list[InvoiceLine], totals: list[Booked], kept: Decimal
) -> None:
    for match in matched(lines, totals, DAY_NS):
        first, *others = [*match.lines, None]
        if first is not None:
            found = remainders(match, {first.key: kept})
            assert found[0].booked_usd == kept
            assert len(others) == 1 or total(one.booked_usd for one in found) == match.booked_usd


def test_a_line_is_posted_once_though_the_ledger_changes() -> None:
    first = posted(remainder("10", "9"), [], {SEARCH: Decimal(3), DRAFTS: Decimal(1)})
    again = posted(remainder("10", "4"), first, {Target(team="new"): Decimal(9)})

    assert again == first
    assert {one.attribution.team: one.total_usd for one in entries(first)} == {
        "search": Decimal("0.75"),
        "drafts": Decimal("0.25"),
    }


def test_a_line_without_a_remainder_is_settled_by_no_entry() -> None:
    first = posted(remainder("10", "10"), [], {SEARCH: Decimal(3)})

    assert entries(first) == []
    assert posted(remainder("10", "4"), first) == first


def test_a_corrected_line_posts_what_it_lacks_then_in_the_proportions_of_before() -> None:
    first = posted(remainder("10", "9"), [], {SEARCH: Decimal(3), DRAFTS: Decimal(1)})
    both = posted(remainder("14", "11"), first, {Target(team="new"): Decimal(9)})

    assert [posting.action for posting in both] == ["posted", "corrected"]
    assert net_usd(both) == 3
    assert [(one.attribution.team, one.total_usd) for one in entries(both[1:])] == [
        ("drafts", Decimal("0.5")),
        ("search", Decimal("1.5")),
    ]


def test_undoing_takes_back_all_that_was_posted_and_the_line_is_as_new() -> None:
    both = posted(remainder("14"), posted(remainder("10", "9"), [], {SEARCH: Decimal(1)}))
    undone = undoing(both, "wrong account")
    assert undone is not None
    anew = posted(remainder("14", "13"), [*both, undone], {DRAFTS: Decimal(1)})

    assert net_usd([*both, undone]) == 0
    assert undoing([*both, undone], "") is None
    assert entries(anew)[-1].attribution.team == "drafts"
    assert net_usd(anew) == 1


@given(
    st.lists(st.tuples(st.sampled_from(["post", "undo"]), USD, USD, BASIS), max_size=6),
    st.integers(1, 3),
)
def test_any_history_nets_to_what_stands_and_repeats_nothing(
    steps: list[tuple[str, Decimal, Decimal, dict[Target, Decimal]]], times: int
) -> None:
    postings: list[Posting] = []
    billed: Decimal | None = None
    stands = Decimal(0)
    for step, amount, booked, basis in steps:
        for _ in range(times):
            if step == "post":
                postings = posted(remainder(amount, booked), postings, basis)
            elif (undone := undoing(postings, "")) is not None:
                postings.append(undone)
        if step == "undo":
            billed, stands = None, Decimal(0)
        else:
            stands = stands if billed == amount else amount - booked
            billed = amount
    found = entries(postings)

    assert net_usd(postings) == stands
    assert total(one.total_usd or Decimal(0) for one in found) == stands
    assert len({one.entry_id for one in found}) == len(found)
    for posting in postings:
        assert total(share.amount_usd for share in posting.shares) == posting.posted_usd


def test_an_adjustment_counts_no_call_and_says_what_it_rests_on() -> None:
    (entry,) = entries(posted(remainder("10", "9"), [], {DRAFTS: Decimal("4.5")}))

    assert (entry.kind, entry.sign, entry.cause, entry.status) == (
        "adjustment",
        0,
        "invoice",
        "priced",
    )
    assert (entry.provider, entry.model, entry.occurred_ns) == ("acme", "m", line(1).start_ns)
    assert [(item.meter, item.quantity, item.amount_usd) for item in entry.items] == [
        ("input", 0, Decimal(1))
    ]
    assert entry.source_document == "d" * 32
    assert dict(entry.tags) == {
        "invoice_line": f"{line(10).key}/0",
        "allocated_basis_usd": "4.5",
        "allocated_of_usd": "4.5",
    }
    assert (entry.attribution.origin_team, entry.attribution.origin_source) == ("support", "root")


@given(remainder=st.builds(remainder, USD, USD), basis=BASIS)
def test_identity_and_digest_of_an_adjustment_can_be_recomputed(
    remainder: Remainder, basis: dict[Target, Decimal]
) -> None:
    for entry in entries(posted(remainder, [], basis)):
        assert entry.entry_id == adjustment_id_of(entry)
        assert entry.content_digest == content_digest(entry)
        assert sum(item.amount_usd or 0 for item in entry.items) == entry.total_usd


@pytest.mark.parametrize("kind", [Kind.TAX, Kind.CREDIT, Kind.FEE])
def test_what_is_for_no_call_is_posted_to_nobody(kind: Kind) -> None:
    (match,) = matched([line("-3", "", "", kind=kind)], [], DAY_NS)
    (entry,) = entries(posted(remainders(match)[0], [], {}))

    assert entry.total_usd == -3
    assert entry.attribution.team == ""
    assert entry.items[0].meter == ""
