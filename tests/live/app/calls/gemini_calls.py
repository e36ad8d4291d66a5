"""Calls with Google's client library, in its Gemini API mode."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from google import genai
from google.genai import errors, types

from tests.live.billed import ROUNDS_TOGETHER

_MODEL = "gemini-2.5-flash"
_CONTENTS = "How are you?"


def _client(url: str) -> genai.Client:
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.01)
    options = types.HttpOptions(base_url=f"{url}/gemini", retry_options=retry)
    return genai.Client(api_key="none", http_options=options)


def generate(url: str) -> None:
    """One answer."""
    with _client(url) as client:
        client.models.generate_content(model=_MODEL, contents=_CONTENTS)


def stream(url: str) -> None:
    """One stream."""
    with _client(url) as client:
        for _chunk in client.models.generate_content_stream(model=_MODEL, contents=_CONTENTS):
            pass


def together(url: str) -> None:
    """Several answers at once, each asked by a task of its own."""
    asyncio.run(_together(url))


async def _together(url: str) -> None:
    async with _client(url).aio as client, asyncio.TaskGroup() as tasks:
        for _ in range(ROUNDS_TOGETHER):
            tasks.create_task(client.models.generate_content(model=_MODEL, contents=_CONTENTS))


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        generate(url)
    except errors.ClientError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": generate,
    "cached": generate,
    "stream": stream,
    "parallel": together,
    "twins": together,
    "retried": generate,
    "refused": refused,
    "alone": stream,
}
