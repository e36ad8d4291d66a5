"""Exact names of the catalogue are taken over; what it matches by resemblance is left out and counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from otel_costing.rate_keeping.catalogue_names import model_names


def named(*matches: dict[str, Any]) -> tuple[list[tuple[str, ...]], Counter[str]]:
    """The names of models `m0`, `m1`, ... and what was left out."""
    left_out: Counter[str] = Counter()
    models = [{"id": f"m{number}", "match": match} for number, match in enumerate(matches)]
    return [each.names for each in model_names(models, left_out)], left_out


@pytest.mark.parametrize(
    ("match", "names", "left_out"),
    [
        ({"equals": "m0"}, (), 0),
        ({"or": [{"equals": "a"}, {"equals": "b"}]}, ("a", "b"), 0),
        ({"regex": r"^composer-2\.5\[fast=true\]$"}, ("composer-2.5[fast=true]",), 0),
        ({"regex": r"^gpt-5\.4-\d{4}-\d{2}-\d{2}$"}, (), 1),
        ({"regex": r"^o[134]"}, (), 1),
        ({"contains": "gpt"}, (), 1),
        ({"ends_with": "-mini"}, (), 1),
        ({"and": [{"contains": "a"}, {"contains": "b"}]}, (), 1),
        ({"starts_with": "kimi-k2.5"}, ("kimi-k2.5",), 1),
        ({"starts_with": "gpt-5-nano-"}, (), 1),
        ({"starts_with": "claude-sonnet-4-2025"}, (), 1),
    ],
)
def test_only_exact_names_are_names(
    match: dict[str, Any], names: tuple[str, ...], left_out: int
) -> None:
    found, counted = named(match)
    assert found == [names]
    assert counted.total() == left_out


def test_a_name_means_the_first_model_that_has_it_and_an_id_its_own() -> None:
    found, counted = named(
        {"or": [{"equals": "same"}, {"equals": "m1"}]}, {"or": [{"equals": "same"}]}
    )
    assert found == [("same",), ()]
    assert counted == {"names that an earlier model has": 2}
