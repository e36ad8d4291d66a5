"""What the texts of a span say of its call is worked out once and never differs from working it out anew."""

from __future__ import annotations

import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from otel_costing import identity
from otel_costing.dialects import ALIASES, TEXTS, dialect_of, gather, layout_of
from otel_costing.identity import Identity, identity_of, identity_on

SCOPE = "opentelemetry.instrumentation.genai.openai"
NAMES = sorted(name for name, (field, _) in ALIASES.items() if field in TEXTS)
WORDS = st.sampled_from(["", "chat", "openai", "gpt-5", "auto", "api.x.ai", "x" * 300])
VALUES = st.one_of(WORDS, st.none(), st.booleans(), st.integers(0, 1), st.lists(WORDS, max_size=1))


def on(attributes: dict[str, Any], scope: str = SCOPE) -> Identity:
    return identity_on(attributes, layout_of(tuple(attributes)), scope)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5), st.sampled_from([SCOPE, "ai"]))
def test_what_is_remembered_is_what_the_texts_say(attributes: dict[str, Any], scope: str) -> None:
    anew = identity_of(gather(attributes), dialect_of(scope))

    assert on(attributes, scope) == anew
    assert on(attributes, scope) == anew


def test_two_scopes_and_two_names_for_one_text_are_told_apart() -> None:
    asked = on({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"})
    answered = on({"gen_ai.operation.name": "chat", "gen_ai.response.model": "gpt-5"})
    elsewhere = on({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"}, "litellm")

    assert (asked.request_model, answered.request_model) == ("gpt-5", "")
    assert (asked.dialect.name, elsewhere.dialect.name) == ("otel-genai", "litellm")


def test_a_flood_of_texts_costs_bounded_memory() -> None:
    for number in range(10_000):
        on({"gen_ai.request.model": f"model-{number}"})
    before = len(identity._remembered)  # noqa: SLF001 - the bound itself is the behaviour under test
    on({"gen_ai.request.model": "long" * 100_000})

    assert len(identity._remembered) == before <= 4096  # noqa: SLF001
    assert sys.getsizeof(identity._remembered) < 2**20  # noqa: SLF001
