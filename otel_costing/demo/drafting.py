"""The drafting service of team `content-ai`: re-ranks passages, then drafts an answer from the best.

Run as `python -m otel_costing.demo.drafting`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openai import AsyncOpenAI
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from otel_costing import attribute_to
from otel_costing.demo.service import serve
from otel_costing.demo.telemetry import anthropic_client, start_telemetry, traced_app
from otel_costing.demo.tickets import STYLE_GUIDE, manual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anthropic import AsyncAnthropic
    from starlette.applications import Starlette
    from starlette.requests import Request

TEAM = "content-ai"
RERANKING_PROMPT = "Order the passages by how well they answer the question. Name their numbers."


class Drafting:
    """Writes drafts in the house style."""

    def __init__(self, openai: AsyncOpenAI, anthropic: AsyncAnthropic) -> None:
        self._openai = openai
        self._anthropic = anthropic

    async def draft(self, request: Request) -> Response:
        """Answer `POST /draft` with a draft of an answer."""
        asked = await request.json()
        with attribute_to(team=TEAM, feature="drafting"):
            await self._rerank(asked["question"], asked["passages"])
            draft = await self._write(asked["question"], asked["product"])
        return JSONResponse({"draft": draft})

    async def _rerank(self, question: str, passages: Sequence[str]) -> None:
        await self._openai.chat.completions.create(
            model="gpt-5-mini",
            reasoning_effort="low",
            messages=[
                {"role": "system", "content": RERANKING_PROMPT},
                {"role": "user", "content": "\n".join([question, *passages])},
            ],
        )

    async def _write(self, question: str, product: str) -> str:
        # The style guide changes rarely and is kept for an hour, a manual for five minutes.
        # The client library retries by itself when it is refused for a moment.
        message = await self._anthropic.messages.create(
            model="claude-sonnet-4-6",
            max_tokens=4096,
            thinking={"type": "enabled", "budget_tokens": 1024},
            system=[
                {
                    "type": "text",
                    "text": STYLE_GUIDE,
                    "cache_control": {"type": "ephemeral", "ttl": "1h"},
                },
                {
                    "type": "text",
                    "text": manual(product),
                    "cache_control": {"type": "ephemeral", "ttl": "5m"},
                },
            ],
            messages=[{"role": "user", "content": question}],
        )
        return "".join(block.text for block in message.content if block.type == "text")


def application() -> Starlette:
    """Return the service, instrumented."""
    provider = start_telemetry("drafting", TEAM, trust_baggage=True)
    drafting = Drafting(AsyncOpenAI(), anthropic_client())
    return traced_app([Route("/draft", drafting.draft, methods=["POST"])], provider)


if __name__ == "__main__":
    serve(application())
