"""What a person has set holds, whatever settles later."""

from __future__ import annotations

from otel_costing.assignments import assigned, with_assignments
from otel_costing.attribution import Attribution
from otel_costing.mandatory_tags import Rule, is_quarantined, marked, released, withheld
from otel_costing.settlement import settle
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting

POLICY = {"*": Rule(("team", "feature"), quarantines=True, owner="finance")}
UNKNOWN = sighting(record(1), attribution=Attribution(origin_team="support"))
NESTED = {(TRACE, hex_id(2)): hex_id(1), (TRACE, hex_id(1)): ""}
BOOKED = withheld(marked(UNKNOWN, POLICY))


def test_a_call_leaves_the_quarantine_with_the_last_field_that_was_missing() -> None:
    half = assigned(BOOKED, {"team": "search"}, 1)
    whole = assigned(half, {"feature": "find"}, 2)

    assert (half.attribution.team, dict(half.tags)["quarantine"]) == ("", "feature")
    assert is_quarantined(half)
    assert not is_quarantined(whole)
    assert whole.attribution == UNKNOWN.attribution._replace(team="search", feature="find")


def test_setting_the_same_again_changes_nothing_but_when() -> None:
    once = assigned(BOOKED, {"team": "search", "feature": "find"}, 1)

    assert assigned(once, {"team": "search"}, 2).attribution == once.attribution


def test_what_was_set_goes_before_what_a_span_says_that_came_later() -> None:
    """The outer span is the better witness of everything else."""
    inner = record(2, 1, scope="native", start_ns=NOON + 1000, end_ns=NOON + SECOND - 1000)
    set_right = assigned(sighting(inner), {"team": "search"}, 1)
    said = Attribution(team="other", project="p")
    outer = sighting(record(1, scope="framework"), attribution=said)
    (call,) = settle([outer, set_right], NESTED).calls

    assert (call.booked.attribution.team, call.booked.attribution.project) == ("search", "p")
    assert dict(call.booked.tags)["assigned"] == "team"


def test_of_two_assignments_the_later_holds() -> None:
    earlier = assigned(UNKNOWN, {"team": "search"}, 1)
    later = assigned(UNKNOWN, {"team": "billing"}, 2)

    for accounts in ([earlier, later], [later, earlier]):
        assert with_assignments(UNKNOWN, accounts).attribution.team == "billing"


def test_nothing_set_is_nothing_changed() -> None:
    assert with_assignments(UNKNOWN, [UNKNOWN]) is UNKNOWN
    assert with_assignments(UNKNOWN, [released(BOOKED)]) is UNKNOWN
