"""The retrieval service of team `search-platform`: rewrites a question, embeds it, finds passages.

Run as `python -m otel_costing.demo.retrieval`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openai import AsyncOpenAI
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from otel_costing import attribute_to
from otel_costing.demo.service import serve
from otel_costing.demo.telemetry import start_telemetry, traced_app
from otel_costing.demo.tickets import passages

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

TEAM = "search-platform"
REWRITING_PROMPT = "Rewrite the customer's question as a search query of at most ten words."


class Retrieval:
    """Finds what a manual says about a question."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def search(self, request: Request) -> Response:
        """Answer `POST /search` with the passages that bear on a question about a product."""
        asked = await request.json()
        with attribute_to(team=TEAM, feature="retrieval"):
            await self._embed(await self._rewrite(asked["question"]))
        return JSONResponse({"passages": passages(asked["product"])})

    async def _rewrite(self, question: str) -> str:
        completion = await self._client.chat.completions.create(
            model="gpt-5-nano",
            reasoning_effort="minimal",
            messages=[
                {"role": "system", "content": REWRITING_PROMPT},
                {"role": "user", "content": question},
            ],
        )
        return completion.choices[0].message.content or question

    async def _embed(self, query: str) -> None:
        await self._client.embeddings.create(
            model="text-embedding-3-small", input=query, encoding_format="float"
        )


def application() -> Starlette:
    """Return the service, instrumented."""
    provider = start_telemetry("retrieval", TEAM, trust_baggage=True)
    search = Route("/search", Retrieval(AsyncOpenAI()).search, methods=["POST"])
    return traced_app([search], provider)


if __name__ == "__main__":
    serve(application())
