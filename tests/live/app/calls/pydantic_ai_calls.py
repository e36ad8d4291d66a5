"""Agents of pydantic-ai: one step, two steps, streamed, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.live.billed import ROUNDS_TOGETHER

_QUESTION = "How are you?"


@asynccontextmanager
async def _agent(url: str, *tools: Callable[..., Any]) -> AsyncIterator[Any]:
    async with AsyncOpenAI(base_url=f"{url}/openai/v1", api_key="none", max_retries=2) as client:
        model = OpenAIChatModel("gpt-5-mini", provider=OpenAIProvider(openai_client=client))
        yield Agent(model, tools=tools)


def run(url: str) -> None:
    """One answer."""
    asyncio.run(_run(url))


def two_steps(url: str) -> None:
    """An agent that uses its tool and then answers."""
    asyncio.run(_run(url, mood))


async def _run(url: str, *tools: Callable[..., Any]) -> None:
    async with _agent(url, *tools) as agent:
        await agent.run(_QUESTION)


def stream(url: str) -> None:
    """One stream that ends with its usage."""
    asyncio.run(_stream(url))


async def _stream(url: str) -> None:
    async with _agent(url) as agent, agent.run_stream(_QUESTION) as streamed:
        async for _text in streamed.stream_text():
            pass


def together(url: str) -> None:
    """Several answers at once, each asked by a task of its own."""
    asyncio.run(_together(url))


async def _together(url: str) -> None:
    async with _agent(url) as agent, asyncio.TaskGroup() as tasks:
        for _ in range(ROUNDS_TOGETHER):
            tasks.create_task(agent.run(_QUESTION))


def mood() -> str:
    """Tell the mood."""
    return "good"


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        run(url)
    except ModelHTTPError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": run,
    "cached": run,
    "stream": stream,
    "parallel": together,
    "twins": together,
    "agent": two_steps,
    "retried": run,
    "refused": refused,
    "alone": stream,
}
