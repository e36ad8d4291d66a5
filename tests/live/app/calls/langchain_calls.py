"""Calls with LangChain's chat model of OpenAI, an agent of two steps, and a graph whose node says who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph

from otel_costing import attribute_to, receipt
from tests.live.billed import ROUNDS_TOGETHER

_QUESTION = "How are you?"


def _model(url: str) -> Any:
    return ChatOpenAI(
        model="gpt-5-mini", base_url=f"{url}/openai/v1", api_key="none", max_retries=2
    )


def invoke(url: str) -> None:
    """One answer."""
    _model(url).invoke(_QUESTION)


def stream(url: str) -> None:
    """One stream that ends with its usage."""
    for _chunk in _model(url).stream(_QUESTION, stream_usage=True):
        pass


def together(url: str) -> None:
    """Several answers at once, each asked by a task of its own."""
    asyncio.run(_together(url))


async def _together(url: str) -> None:
    model = _model(url)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(ROUNDS_TOGETHER):
            tasks.create_task(model.ainvoke(_QUESTION))


def agent(url: str) -> None:
    """An agent that uses its tool and then answers."""
    asked = {"messages": [{"role": "user", "content": _QUESTION}]}
    create_agent(_model(url), [mood]).invoke(asked)


def mood() -> str:
    """Tell the mood."""
    return "good"


def node(url: str) -> None:
    """One answer that a node of a graph asks for, in a block of its own."""

    def answer(state: MessagesState) -> dict[str, list[Any]]:
        with attribute_to(agent="triage"), receipt() as own:
            told = _model(url).invoke(state["messages"])
        assert own.calls == 1, own
        return {"messages": [told]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.compile().invoke({"messages": [("user", _QUESTION)]})


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        invoke(url)
    except openai.BadRequestError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": invoke,
    "cached": invoke,
    "stream": stream,
    "parallel": together,
    "twins": together,
    "agent": agent,
    "node": node,
    "retried": invoke,
    "refused": refused,
    "alone": stream,
}
