"""What was truly billed in each captured scenario, and what of it never reached the wire."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

_SETTING = re.compile(r"\b[A-Z][A-Z0-9_]+=\w+")
SPANS = Path(__file__).parent / "spans"
_METERS = {
    "input": "true_input_uncached",
    "cache_read": "true_cache_read",
    "cache_write_5m": "true_cache_write_5m",
    "cache_write_1h": "true_cache_write_1h",
    "output": "true_output_text",
    "reasoning": "true_reasoning",
}

Quantities = dict[str, int]


class Truth(NamedTuple):
    """One captured run: its file, what the provider billed, in how many calls."""

    file: str
    quantities: Quantities
    calls: int
    packages: str
    """Name and version of what emitted the spans, and of what it instrumented."""
    settings: str
    """The environment variable it was told by, if any."""


class Loss(NamedTuple):
    """What an emitter does not say, and what the true figures look like without it."""

    why: str
    seen: Callable[[Quantities], Quantities]
    calls: int | None = None
    """How many calls can be seen, where it is not the number billed."""


def truths() -> list[Truth]:
    """Every row of the index."""
    with (SPANS / "INDEX.tsv").open(encoding="utf-8") as index:
        return [_truth(row) for row in csv.DictReader(index, delimiter="\t")]


def _truth(row: dict[str, str]) -> Truth:
    quantities = {meter: int(row[column]) for meter, column in _METERS.items()}
    settings = _SETTING.search(row["note"])
    return Truth(
        row["file"],
        _without_zero(quantities),
        int(row["billed_llm_calls"]),
        row["packages"],
        settings[0] if settings else "",
    )


def _without_zero(quantities: Quantities) -> Quantities:
    return {meter: quantity for meter, quantity in quantities.items() if quantity}


def _folded(*moves: tuple[str, str]) -> Callable[[Quantities], Quantities]:
    def fold(true: Quantities) -> Quantities:
        seen = dict(true)
        for meter, into in moves:
            seen[into] = seen.get(into, 0) + seen.pop(meter, 0)
        return _without_zero(seen)

    return fold


def _fixed(**quantities: int) -> Callable[[Quantities], Quantities]:
    return lambda _true: quantities


_LIFETIME = ("cache_write_1h", "cache_write_5m")
_REASONING = ("reasoning", "output")
_NO_USAGE = Loss("the stream was not asked for usage", _fixed())

# The first pattern that fits says what is missing; a file that fits none must come out exact.
LOSSES: tuple[tuple[str, Loss], ...] = (
    (
        "langfuse__manual_generation*",
        Loss("recorded by hand: no provider was called", _folded(), calls=1),
    ),
    (
        "otel-genai-openai-agents__openai_agents_chat_completions*",
        Loss("no model-call span at all", _fixed(), calls=0),
    ),
    (
        "traceloop-openai-agents__openai_agents_chat_completions*",
        Loss("no usage on any span", _fixed()),
    ),
    (
        "openlit__openai_chat_stream_nousage*",
        Loss("without usage, its texts are counted: an estimate", _fixed(input=12, output=11)),
    ),
    ("*stream_nousage*", _NO_USAGE),
    ("*__langchain_chat_stream.json", _NO_USAGE),
    ("litellm*__openai_chat_stream.json", _NO_USAGE),
    (
        "litellm-otel-optin__openai_async_in_parent*",
        Loss(
            "the second call overwrote the first on their parent",
            _fixed(input=700, cache_read=300, output=150, reasoning=50),
            calls=1,
        ),
    ),
    (
        "*__gemini_afc_tool*",
        Loss(
            "two calls billed, one span with the last one's usage",
            _fixed(input=110, cache_read=60, output=24, reasoning=9),
            calls=1,
        ),
    ),
    (
        "traceloop-anthropic-nonative__anthropic_messages_stream*",
        Loss(
            "a placeholder token is added to the output",
            _fixed(input=1000, cache_read=300, cache_write_5m=500, output=201),
        ),
    ),
    (
        "otel-botocore__bedrock_invoke_model*",
        Loss("cached tokens are dropped", _fixed(input=1000, output=200)),
    ),
    ("otel-botocore*", Loss("no lifetime of cache writes", _folded(_LIFETIME))),
    (
        "openinference-bedrock__bedrock_invoke_model_stream*",
        Loss("no lifetimes, no reasoning", _folded(_LIFETIME, _REASONING)),
    ),
    ("otel-genai-anthropic-nonative*", Loss("no lifetime of cache writes", _folded(_LIFETIME))),
    (
        "otel-genai-langchain__langgraph_anthropic*",
        Loss("no lifetime of cache writes", _folded(_LIFETIME)),
    ),
    (
        "otel-genai-langchain__langgraph_bedrock*",
        Loss("no lifetime of cache writes", _folded(_LIFETIME)),
    ),
    (
        "traceloop-langchain__langgraph_anthropic*",
        Loss(
            "cache writes are sent as 0",
            _folded(("cache_write_5m", "input"), ("cache_write_1h", "input"), _REASONING),
        ),
    ),
    (
        "traceloop-langchain__langgraph_bedrock*",
        Loss(
            "cache writes are sent as 0",
            _folded(("cache_write_5m", "input"), ("cache_write_1h", "input")),
        ),
    ),
    ("traceloop-langchain*", Loss("no reasoning", _folded(_REASONING))),
    (
        "traceloop-openai__openai_chat_stream_usage*",
        Loss("no reasoning in streams", _folded(_REASONING)),
    ),
    (
        "traceloop-anthropic-nonative*",
        Loss("no lifetimes, no reasoning", _folded(_LIFETIME, _REASONING)),
    ),
    ("traceloop-bedrock*", Loss("no lifetimes, no reasoning", _folded(_LIFETIME, _REASONING))),
    (
        "litellm-otel-v2__anthropic*",
        Loss("no lifetimes, no reasoning", _folded(_LIFETIME, _REASONING)),
    ),
    ("litellm-otel-v2*", Loss("no reasoning", _folded(_REASONING))),
    (
        "openlit*",
        Loss("no lifetimes; no reasoning but of the Responses API", _folded(_LIFETIME, _REASONING)),
    ),
    (
        "otel-openai-v2*",
        Loss(
            "no cache, no reasoning",
            _folded(("cache_read", "input"), ("cache_write_5m", "input"), _REASONING),
        ),
    ),
    ("strands*", Loss("no lifetimes, no reasoning", _folded(_LIFETIME, _REASONING))),
)


# They match a pattern above, and are exact all the same.
EXACT = ("openlit__gemini*", "openlit__openai_embeddings*")


def loss_of(file: str) -> Loss | None:
    """Return what is missing in a captured file, None where everything is there."""
    if any(fnmatch(file, pattern) for pattern in EXACT):
        return None
    return next((loss for pattern, loss in LOSSES if fnmatch(file, pattern)), None)
