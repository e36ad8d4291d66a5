"""The stand-in for the providers remembers what came to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT = {"model": "gpt-5", "messages": [{"role": "user", "content": "Why?"}]}


@pytest.mark.parametrize("header", ["baggage", "traceparent", "tracestate"])
def test_the_stand_in_notices_what_should_not_have_come(header: str) -> None:
    (answer,) = asyncio.run(_served_after({header: "otel_costing.team=support-assistant"}))

    assert answer["carried"] == [header]


async def _served_after(headers: Mapping[str, str]) -> Any:
    import httpx2

    from otel_costing.demo.providers import application

    transport = httpx2.ASGITransport(app=application())
    async with httpx2.AsyncClient(transport=transport, base_url="http://providers") as client:
        await client.post("/openai/v1/chat/completions", json=CHAT, headers=headers)
        return (await client.get("/served")).json()
