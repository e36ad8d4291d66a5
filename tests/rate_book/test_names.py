"""Names in the wild: exact names first, written patterns next, nothing by resemblance."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from time import process_time_ns

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_costing.pricing import price
from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import parse_yaml
from otel_costing.rate_book.names import NameRules, closest, read_names
from otel_costing.rate_keeping.history import wild_names
from otel_costing.rates import default_rates
from otel_costing.usage import Unpriced
from tests.rate_books import NAMED, NAMES, book_of, found, refused, table


@pytest.mark.parametrize(
    ("provider", "model", "canonical"),
    [
        ("acme", "m", "m"),
        ("ACME_Inc", "m-20250101", "m"),
        ("acme", "m-20259999", "m"),
        ("acme", "m-20250202", "m-20250202"),
    ],
)
def test_an_exact_name_beats_a_pattern(
    tmp_path: Path, provider: str, model: str, canonical: str
) -> None:
    assert found(book_of(tmp_path, NAMED), model, provider=provider).model == canonical


@pytest.mark.parametrize("model", ["M", "m ", "m-mini", "mm", "acme/m", "", "m-2025", "x" * 10_000])
def test_nothing_is_priced_by_resemblance(tmp_path: Path, model: str) -> None:
    assert refused(book_of(tmp_path, NAMED), model).reason == "unknown_model"


def test_an_unknown_model_names_the_closest_known_ones(tmp_path: Path) -> None:
    rates = '    rates:\n      - {from: null, prices: {input: "1"}}\n'
    book = book_of(tmp_path, table(f"  grand-5-mini:\n{rates}  small-1:\n{rates}"))
    assert (
        refused(book, "grand-5-mimi").detail
        == "acme has no model 'grand-5-mimi'; closest: grand-5-mini"
    )
    assert book.close_names("grand-5") == ["acme/grand-5-mini"]
    assert book.close_names("zzz") == []


def test_an_unknown_provider_names_the_known_ones(tmp_path: Path) -> None:
    reason = refused(book_of(tmp_path, NAMED), provider="nobody")
    assert (reason.reason, "it has acme" in reason.detail) == ("unknown_model", True)


def test_resolving_tells_every_step_it_tried(tmp_path: Path) -> None:
    book = book_of(tmp_path, NAMED)
    resolution = book.resolve("acme_inc", "m-20259999")
    assert resolution is not None
    assert resolution.steps == ("m-20259999", "m")
    assert book.resolve("acme", "n-20259999") is None
    assert book.steps("acme", "n-20259999") == ("n-20259999", "n")


WILD = wild_names()


def test_the_table_of_names_in_the_wild_is_long() -> None:
    assert len(WILD) >= 180


@pytest.mark.parametrize(
    ("provider", "model"), [each for each, meant in WILD.items() if meant is not None]
)
def test_names_from_the_wild_mean_one_model(provider: str, model: str) -> None:
    resolution = default_rates().resolve(provider, model)
    assert resolution is not None, default_rates().steps(provider, model)
    assert (resolution.model, resolution.region) == WILD[provider, model]


@pytest.mark.parametrize(
    ("provider", "model"), [each for each, meant in WILD.items() if meant is None]
)
def test_names_that_mean_no_model_stay_unknown(provider: str, model: str) -> None:
    answer = price(provider, model, {"input": 1}, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert isinstance(answer, Unpriced)
    assert answer.reason == "unknown_model"


def test_a_fine_tuned_model_never_has_the_price_of_its_base() -> None:
    book = default_rates()
    tuned = [
        found(book, f"ft:{base}:acme::9xYz", provider="openai", at="2026-11-01").prices["input"]
        for base in ("gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06", "gpt-3.5-turbo-0125")
    ]
    bases = [
        found(book, base, provider="openai", at="2026-11-01").prices["input"]
        for base in ("gpt-4o-mini", "gpt-4o", "gpt-3.5-turbo")
    ]
    assert [its > base for its, base in zip(tuned, bases, strict=True)] == [True] * 3


HOSTILE = [
    "-1" * 150,
    "-v1:0" * 60,
    "publishers/x/models/" * 15,
    "2024-01-01-" * 27,
    "ft:" * 100,
    "arn:aws:bedrock:" * 18,
    "us." * 100,
    "@latest" * 42,
    "a" * 10_000,
    "gpt-5-" * 2_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=[each[:20] for each in HOSTILE])
def test_a_hostile_name_takes_no_longer_than_any_other(name: str) -> None:
    book = default_rates()
    started = process_time_ns()
    for number in range(20):
        for provider in ("openai", "aws.bedrock", "gcp.vertex_ai", "openrouter"):
            assert refused(book, f"{number}{name}", provider=provider).reason == "unknown_model"
    assert process_time_ns() - started < 80 * 5 * 10**6


def test_any_number_of_unknown_names_is_held_in_bounded_memory(tmp_path: Path) -> None:
    book = book_of(tmp_path, NAMED)

    def most_held(names: range) -> int:
        for number in names:
            refused(book, f"{number}-{'x' * 200}")
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    first, second = most_held(range(4_200)), most_held(range(4_200, 9_000))
    tracemalloc.stop()
    assert second < first * 1.2


@settings(max_examples=50, deadline=None)
@given(name=st.text(max_size=40), provider=st.sampled_from(["openai", "aws.bedrock", "openrouter"]))
def test_closest_names_are_those_that_share_a_third_of_their_trigrams(
    name: str, provider: str
) -> None:
    def trigrams(text: str) -> set[str]:
        padded = f"  {text.lower()} "
        return {padded[at : at + 3] for at in range(len(padded) - 2)}

    def likeness(known: str) -> float:
        both = trigrams(name), trigrams(known)
        return len(both[0] & both[1]) / len(both[0] | both[1])

    models = default_rates().models(provider)
    alike = sorted((-likeness(each), each) for each in models if likeness(each) * 3 >= 1)
    assert closest(name, models) == [each for _, each in alike[:3]]


CORRECTED = """\
corrections:
  - names: [acme/m-1, acme_inc]
    correction: said twice
"""


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("corrections: 1\n", "corrections is a list"),
        ("corrections:\n  - {names: [x]}\n", "a correction lacks correction"),
        ("corrections:\n  - {names: [x], correction: ''}\n", "correction is a text"),
    ],
)
def test_a_wrong_correction_of_names_is_a_problem(written: str, problem: str) -> None:
    rules, problems = names_of(written)
    assert [problem in each.what for each in problems] == [True]
    assert rules is not None


def test_corrections_name_what_was_wrong_and_say_why() -> None:
    rules, problems = names_of(CORRECTED)
    assert problems == []
    assert rules is not None
    assert rules.corrections == (("acme/m-1", "said twice"), ("acme_inc", "said twice"))


def names_of(corrections: str) -> tuple[NameRules | None, list[Problem]]:
    """The table of names with these corrections at its end."""
    problems: list[Problem] = []
    value = parse_yaml(NAMES + corrections, "names.yaml", problems)
    return (read_names(value, "names.yaml", problems) if value else None), problems
