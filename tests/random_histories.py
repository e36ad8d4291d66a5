"""What may happen to a ledger in its order: bookings, by writers that know of closings or not yet, and months that are closed."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry, Wanted, restate
from otel_costing.periods import CLOSED, OPEN, Booked, Change
from tests.calls import NOON, SECOND, entry

DAY = 86_400 * SECOND
MONTHS = ("2026-09", "2026-10", "2026-11", "2026-12", "2027-01")


class Change_(NamedTuple):  # noqa: N801 - beside `Change`, with its instant
    """A month is closed or opened at an instant of the history."""

    at_us: int
    change: Change


@st.composite
def histories(draw: st.DrawFn) -> list[Booked | Change_]:
    """Draw up to 25 events; each bears a later instant than those before it."""
    events: list[Booked | Change_] = []
    for number in range(draw(st.integers(1, 25))):
        now_us = 10 * (number + 1)
        if draw(st.integers(0, 3)) == 0:
            month = draw(st.sampled_from(MONTHS[:3]))
            state = draw(st.sampled_from([CLOSED, CLOSED, OPEN]))
            events.append(Change_(now_us, Change(month, state, now_us)))
        else:
            events += draw(bookings(number, now_us, events))
    return events


@st.composite
def bookings(
    draw: st.DrawFn, number: int, now_us: int, before: list[Booked | Change_]
) -> list[Booked]:
    """Draw a new call, or the correction of one; the writer may know of no closing."""
    booked: list[LedgerEntry] = [one.entry for one in before if isinstance(one, Booked)]
    month = draw(st.sampled_from(MONTHS[:3]))
    is_correction = draw(st.booleans())
    if booked and is_correction:
        corrected = booked[draw(st.integers(0, len(booked) - 1))]
        of_call = [one for one in booked if one.call_id == corrected.call_id]
        team = draw(st.sampled_from(["search", "drafts", ""]))
        charge = corrected._replace(attribution=Attribution(team=team, origin_source="none"))
        wanted = Wanted(draw(st.sampled_from([None, charge])), "attribution")
        return [Booked(one, month, now_us) for one in restate(of_call, {corrected.call_id: wanted})]
    new = entry(
        number,
        {"input": draw(st.integers(1, 10**6))},
        unpriced=draw(st.sampled_from(["", "", "unknown_model"])),
        attribution=Attribution(team=draw(st.sampled_from(["search", "drafts"]))),
        end_ns=NOON - draw(st.integers(0, 60)) * DAY,
    )
    return [Booked(new, month, now_us)]
