"""Calls with Anthropic's client library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic

from tests.live.billed import ROUNDS_TOGETHER

_ASK: dict[str, Any] = {
    "model": "claude-sonnet-4-6",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "How are you?"}],
}


def _client(url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=f"{url}/anthropic", api_key="none", max_retries=2)


def create(url: str) -> None:
    """One message."""
    _client(url).messages.create(**_ASK)


def create_stream(url: str) -> None:
    """One message as raw events."""
    for _event in _client(url).messages.create(**_ASK, stream=True):
        pass


def stream(url: str) -> None:
    """One message by the helper that puts it together."""
    with _client(url).messages.stream(**_ASK) as events:
        events.get_final_message()


def together(url: str) -> None:
    """Several messages at once, each asked by a task of its own."""
    asyncio.run(_together(url))


async def _together(url: str) -> None:
    asking = anthropic.AsyncAnthropic(base_url=f"{url}/anthropic", api_key="none")
    async with asking as client, asyncio.TaskGroup() as tasks:
        for _ in range(ROUNDS_TOGETHER):
            tasks.create_task(client.messages.create(**_ASK))


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        create(url)
    except anthropic.BadRequestError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": create,
    "cached": create,
    "create_stream": create_stream,
    "stream": stream,
    "parallel": together,
    "twins": together,
    "retried": create,
    "refused": refused,
    "alone": stream,
}
