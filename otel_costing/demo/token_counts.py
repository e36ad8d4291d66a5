"""What the stand-in says a request used: the same figures for the same requests in the same order.

The shapes are the providers' own (OpenAI `CompletionUsage`, Anthropic `Usage`): OpenAI counts cached
tokens inside the prompt and reasoning inside the completion, Anthropic counts cached tokens outside
the input and thinking inside the output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

Body = Mapping[str, Any]
"""A request as its client sent it, decoded from JSON."""

CACHEABLE_TOKENS = 1024
"""Shorter prefixes are not cached by OpenAI."""
CACHE_STEP_TOKENS = 128
"""OpenAI caches whole steps beyond the first `CACHEABLE_TOKENS`."""
REASONING_STEP_TOKENS = 64
"""OpenAI reports reasoning in whole steps."""

_REASONING_STEPS = {"minimal": 0, "low": 4, "medium": 12, "high": 30}


class PromptCache:
    """The prompt beginnings a provider has seen so far."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def seen(self, model: str, prefix: str) -> bool:
        """Tell whether `model` has seen `prefix` before, and remember it."""
        key = hashlib.sha256(f"{model}\0{prefix}".encode()).hexdigest()
        known = key in self._seen
        self._seen.add(key)
        return known


def tokens(text: str) -> int:
    """Count about four characters a token, which is near enough for English."""
    return max(1, len(text) // 4)


def openai_chat_usage(body: Body, cache: PromptCache) -> dict[str, Any]:
    """Return the `usage` object of a chat completion."""
    prompt = sum(tokens(message["content"]) for message in body["messages"])
    reasoning = _reasoning_tokens(body)
    completion = answer_tokens(body) + reasoning
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": _cached_tokens(body, cache), "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
    }


def openai_embedding_usage(body: Body) -> dict[str, int]:
    """Return the `usage` object of an embeddings call."""
    prompt = tokens(body["input"])
    return {"prompt_tokens": prompt, "total_tokens": prompt}


def anthropic_usage(body: Body, cache: PromptCache) -> dict[str, Any]:
    """Return the `usage` object of a message: cache reads and writes beside `input_tokens`."""
    read, written = _cached_blocks(body, cache)
    thinking = _draw(body, "thinking", 180, 900) if "thinking" in body else 0
    return {
        "input_tokens": sum(tokens(message["content"]) for message in body["messages"]),
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": sum(written.values()),
        "cache_creation": {
            "ephemeral_5m_input_tokens": written["5m"],
            "ephemeral_1h_input_tokens": written["1h"],
        },
        "output_tokens": answer_tokens(body) + thinking,
        "output_tokens_details": {"thinking_tokens": thinking},
        "service_tier": "standard",
    }


def answer_tokens(body: Body) -> int:
    """Return how long the visible answer to `body` is."""
    return _draw(body, "answer", 40, 260)


def _cached_tokens(body: Body, cache: PromptCache) -> int:
    prefix = body["messages"][0]["content"]
    count = tokens(prefix)
    if count < CACHEABLE_TOKENS or not cache.seen(body["model"], prefix):
        return 0
    return count - count % CACHE_STEP_TOKENS


def _cached_blocks(body: Body, cache: PromptCache) -> tuple[int, dict[str, int]]:
    read, written, prefix = 0, {"5m": 0, "1h": 0}, ""
    for block in _marked(body.get("system", ())):
        # A cache entry covers everything before it, so a block is only as known as its prefix.
        prefix += block["text"]
        if cache.seen(body["model"], prefix):
            read += tokens(block["text"])
        else:
            written[block["cache_control"].get("ttl", "5m")] += tokens(block["text"])
    return read, written


def _marked(blocks: Iterable[Body]) -> Iterable[Body]:
    return (block for block in blocks if "cache_control" in block)


def _reasoning_tokens(body: Body) -> int:
    steps = _REASONING_STEPS[body.get("reasoning_effort", "minimal")]
    return REASONING_STEP_TOKENS * _draw(body, "reasoning", steps // 2, steps)


def _draw(body: Body, what: str, low: int, high: int) -> int:
    """Pick a figure between `low` and `high` that depends on the request alone."""
    digest = hashlib.sha256(f"{what}\0{body['model']}\0{body['messages']}".encode()).digest()
    return low + int.from_bytes(digest[:4]) % (high - low + 1)
