"""The names that programs may rely on."""

from __future__ import annotations

import subprocess
import sys

import pytest

import otel_costing

NAMES = [
    "Cost",
    "CostSampler",
    "CostSpanProcessor",
    "RateBook",
    "Unpriced",
    "Usage",
    "attribute_to",
    "price",
    "price_span",
    "receipt",
    "record_outcome",
    "record_score",
    "workflow",
]


def test_the_public_names_are_these_and_no_others() -> None:
    assert sorted(otel_costing.__all__) == NAMES


def test_every_public_name_is_there_documented_and_listed() -> None:
    for name in NAMES:
        assert getattr(otel_costing, name).__doc__
        assert name in dir(otel_costing)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'prize'"):
        otel_costing.prize  # noqa: B018 - the look-up is what is tested


def test_each_name_can_be_imported_first_and_alone() -> None:
    program = "import sys; exec(f'from otel_costing import {sys.argv[1]} as found'); assert callable(found)"
    running = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, n]) for n in NAMES]
    assert [each.wait() for each in running] == [0] * len(NAMES)
