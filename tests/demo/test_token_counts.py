"""The figures the stand-in serves have the providers' own shape."""

from __future__ import annotations

from otel_costing.demo.token_counts import PromptCache, anthropic_usage, openai_chat_usage

LONG = "A long handbook. " * 400
CHAT = {
    "model": "gpt-5",
    "reasoning_effort": "high",
    "messages": [{"role": "system", "content": LONG}, {"role": "user", "content": "Why?"}],
}
MESSAGE = {
    "model": "claude-sonnet-4-6",
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "system": [
        {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "A manual. " * 80, "cache_control": {"type": "ephemeral"}},
    ],
    "messages": [{"role": "user", "content": "Why?"}],
}


def test_the_same_requests_have_the_same_figures() -> None:
    assert openai_chat_usage(CHAT, PromptCache()) == openai_chat_usage(CHAT, PromptCache())


def test_openai_counts_cached_and_reasoning_tokens_inside_the_totals() -> None:
    cache = PromptCache()
    first, second = (openai_chat_usage(CHAT, cache) for _ in range(2))

    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert 0 < second["prompt_tokens_details"]["cached_tokens"] < second["prompt_tokens"]
    assert second["prompt_tokens"] == first["prompt_tokens"]
    assert 0 < first["completion_tokens_details"]["reasoning_tokens"] < first["completion_tokens"]
    assert first["total_tokens"] == first["prompt_tokens"] + first["completion_tokens"]


def test_openai_does_not_cache_a_short_prompt() -> None:
    cache = PromptCache()
    short = {**CHAT, "messages": [{"role": "system", "content": "Be brief."}]}
    usages = [openai_chat_usage(short, cache) for _ in range(2)]

    assert [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages] == [0, 0]


def test_anthropic_writes_each_block_once_for_its_lifetime_and_reads_it_later() -> None:
    cache = PromptCache()
    first, second = (anthropic_usage(MESSAGE, cache) for _ in range(2))

    written = first["cache_creation"]
    assert written["ephemeral_1h_input_tokens"] > written["ephemeral_5m_input_tokens"] > 0
    assert first["cache_creation_input_tokens"] == sum(written.values())
    assert first["cache_read_input_tokens"] == second["cache_creation_input_tokens"] == 0
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    assert first["input_tokens"] == second["input_tokens"]
