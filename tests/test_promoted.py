"""Resource attributes that have a column: which may, and what a resource says by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.dimensions import DIMENSIONS
from otel_costing.ledger import Wanted, restate
from otel_costing.promoted import COLUMNS, Promotion, merged, promotion_of, values_of
from otel_costing.settlement import settle
from tests.calls import entry, record, sighting

NAMESPACE = Promotion("k8s.namespace.name", "namespace", "promoted_1")
REGION = Promotion("cloud.region", "cloud_region", "promoted_2")


def test_an_attribute_gets_the_next_free_column_and_keeps_it() -> None:
    assert promotion_of("k8s.namespace.name", "namespace", ()) == NAMESPACE
    assert promotion_of("cloud.region", "cloud_region", (NAMESPACE,)) == REGION
    assert promotion_of("k8s.namespace.name", "namespace", (NAMESPACE, REGION)) == NAMESPACE


@pytest.mark.parametrize(
    ("attribute", "name", "why"),
    [
        ("k8s.namespace.name", "ns", "promoted already, as namespace"),
        ("cloud.region", "namespace", "the name of k8s.namespace.name already"),
        ("", "empty", "no name of an attribute"),
        ("a b", "spaced", "no name of an attribute"),
        ("a\n", "line", "no name of an attribute"),
        ("cloud.region", "team) OR (1=1", "no name of a dimension"),
        ("cloud.region", "Région", "no name of a dimension"),
        ("cloud.region", "a" * 41, "no name of a dimension"),
        ("cloud.region", "usd", "something else in reports"),
        ("cloud.region", "dimension", "something else in reports"),
        ("cloud.region", "price_usd", "something else in reports"),
        ("cloud.region", "attributed_calls", "something else in reports"),
        ("cloud.region", "provider_account", "something else in reports"),
        ("cloud.region", "promoted_3", "something else in reports"),
        ("enduser.id", "who", "names a person"),
    ],
)
def test_what_cannot_be_promoted_is_refused_in_a_sentence(
    attribute: str, name: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        promotion_of(attribute, name, (NAMESPACE,))


@pytest.mark.parametrize("name", DIMENSIONS)
def test_no_dimension_is_given_another_meaning(name: str) -> None:
    with pytest.raises(ValueError, match="something else"):
        promotion_of("cloud.region", name, ())


def test_there_are_as_many_promotions_as_columns() -> None:
    full = tuple(Promotion(f"a.{column}", f"a_{column}", column) for column in COLUMNS)

    with pytest.raises(ValueError, match="no more columns"):
        promotion_of("one.more", "one_more", full)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("blue", "blue"), (7, "7"), ("x" * 300, "x" * 256), ("a\nb", "ab"), (True, ""), (None, "")],
)
def test_text_and_whole_numbers_are_kept_and_nothing_else_of_a_resource(
    value: object, kept: str
) -> None:
    resource = {"k8s.namespace.name": value, "process.command_line": "--token=secret"}

    said = values_of(resource, (NAMESPACE, REGION))
    assert said == ((("promoted_1", kept),) if kept else ())


_SAID = st.lists(
    st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(["a", "b"])).map(
        lambda said: tuple(sorted(said.items()))
    ),
    max_size=4,
)


@given(said=_SAID)
def test_of_several_accounts_the_first_that_knows_says_each_column(
    said: list[tuple[tuple[str, str], ...]],
) -> None:
    found = dict(merged(said))

    assert tuple(found) == tuple(sorted(found))
    for column in COLUMNS:
        known = [dict(one)[column] for one in said if column in dict(one)]
        assert found.get(column) == next(iter(known), None)


def test_a_call_told_of_twice_is_where_the_outer_span_ran() -> None:
    outer = sighting(record(1, scope="a"))._replace(promoted=(("promoted_1", "edge"),))
    inner = sighting(record(2, 1, scope="b"))._replace(
        promoted=(("promoted_1", "core"), ("promoted_2", "eu"))
    )
    parents = {(one.trace_id, one.span_id): one.parent_span_id for one in (outer, inner)}

    (call,) = settle([inner, outer], parents).calls
    assert call.booked.promoted == (("promoted_1", "edge"), ("promoted_2", "eu"))


def test_a_call_that_is_found_elsewhere_is_restated_and_its_reversal_stands_where_it_did() -> None:
    stands = entry(1)._replace(promoted=(("promoted_1", "blue"),))
    wanted = stands._replace(promoted=(("promoted_1", "green"),))

    back, again = restate([stands], {stands.call_id: Wanted(wanted, "attribution")})
    assert (back.promoted, again.promoted) == (stands.promoted, wanted.promoted)
    assert restate([stands], {stands.call_id: Wanted(stands, "attribution")}) == []
