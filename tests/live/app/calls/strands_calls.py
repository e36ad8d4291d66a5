"""Agents of Strands over OpenAI: they always stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai
from strands import Agent, tool
from strands.models.openai import OpenAIModel

from tests.live.billed import ROUNDS_TOGETHER

_QUESTION = "How are you?"


def mood() -> str:
    """Tell the mood."""
    return "good"


def _agent(url: str, tools: tuple[Any, ...] = ()) -> Any:
    model = OpenAIModel(
        client_args={"base_url": f"{url}/openai/v1", "api_key": "none", "max_retries": 2},
        model_id="gpt-5-mini",
    )
    return Agent(model=model, tools=list(tools), callback_handler=None)


def run(url: str) -> None:
    """One answer."""
    _agent(url)(_QUESTION)


def two_steps(url: str) -> None:
    """An agent that uses its tool and then answers."""
    _agent(url, (tool(mood),))(_QUESTION)


def together(url: str) -> None:
    """Several answers at once, each asked by a task of its own."""
    asyncio.run(_together(url))


async def _together(url: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(ROUNDS_TOGETHER):
            tasks.create_task(_agent(url).invoke_async(_QUESTION))


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        run(url)
    except openai.BadRequestError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": run,
    "cached": run,
    "parallel": together,
    "twins": together,
    "agent": two_steps,
    "retried": run,
    "refused": refused,
    "alone": run,
}
