"""Calls with OpenAI's client library, or with the one that Langfuse puts in its place."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import openai as official

from tests.live.billed import ROUNDS_TOGETHER

openai: Any = sys.modules.get("langfuse.openai", official)
_MODEL = "gpt-5-mini"
_MESSAGES = [{"role": "user", "content": "How are you?"}]


def _client(url: str) -> Any:
    return openai.OpenAI(base_url=f"{url}/openai/v1", api_key="none", max_retries=2)


def chat(url: str) -> None:
    """One answer."""
    _client(url).chat.completions.create(model=_MODEL, messages=_MESSAGES)


def chat_stream(url: str) -> None:
    """One stream that ends with its usage."""
    _read(url, stream_options={"include_usage": True})


def stream_unasked(url: str) -> None:
    """One stream that does not."""
    _read(url)


def _read(url: str, **options: Any) -> None:
    stream = _client(url).chat.completions.create(
        model=_MODEL, messages=_MESSAGES, stream=True, **options
    )
    for _chunk in stream:
        pass


def responses(url: str) -> None:
    """One answer of the Responses API."""
    _client(url).responses.create(model=_MODEL, input="How are you?")


def responses_stream(url: str) -> None:
    """One stream of it."""
    for _event in _client(url).responses.create(model=_MODEL, input="How are you?", stream=True):
        pass


def embeddings(url: str) -> None:
    """One vector."""
    _client(url).embeddings.create(model="text-embedding-3-small", input="How are you?")


def together(url: str) -> None:
    """Several answers at once, each asked by a task of its own."""
    asyncio.run(_together(url))


async def _together(url: str) -> None:
    asking = openai.AsyncOpenAI(base_url=f"{url}/openai/v1", api_key="none")
    async with asking as client, asyncio.TaskGroup() as tasks:
        for _ in range(ROUNDS_TOGETHER):
            tasks.create_task(client.chat.completions.create(model=_MODEL, messages=_MESSAGES))


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        chat(url)
    except official.BadRequestError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": chat,
    "cached": chat,
    "chat_stream": chat_stream,
    "stream_unasked": stream_unasked,
    "responses": responses,
    "responses_stream": responses_stream,
    "embeddings": embeddings,
    "parallel": together,
    "twins": together,
    "retried": chat,
    "refused": refused,
    "alone": chat_stream,
}
