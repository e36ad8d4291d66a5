"""The assistant of team `support-assistant`: resolves tickets, judges its own answers, sorts the mail.

Run as `python -m otel_costing.demo.assistant`.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from openai import AsyncOpenAI, RateLimitError
from opentelemetry import trace
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from otel_costing import attribute_to, receipt, record_outcome, record_score, workflow
from otel_costing.demo.environment import DRAFTING_URL, RETRIEVAL_URL
from otel_costing.demo.service import serve
from otel_costing.demo.telemetry import service_client, start_telemetry, traced_app
from otel_costing.demo.tickets import HANDBOOK, Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2
    from openai.types.chat import ChatCompletionMessageParam
    from starlette.applications import Starlette
    from starlette.requests import Request

TEAM = "support-assistant"
POLICY_MODEL = "acme-policy-13b"
"""A private deployment behind an OpenAI-compatible interface: no rate book can know its price."""
WORTH_USD = "0.75"
"""Of a ticket that nobody had to answer by hand."""


def is_policy_checked(ticket: Ticket) -> bool:
    """Tell whether the private model reads the answer to `ticket`: every third, from the first."""
    return ticket.number % 3 == 1


def is_summarised(ticket: Ticket) -> bool:
    """Tell whether a summary of `ticket` goes to the agents' inbox: every fourth, from the first."""
    return ticket.number % 4 == 1


class _Reply(NamedTuple):
    text: str
    response_id: str


class Assistant:
    """Answers customers with the help of two other teams' services."""

    def __init__(
        self, client: AsyncOpenAI, retrieval: httpx2.AsyncClient, drafting: httpx2.AsyncClient
    ) -> None:
        self._client = client
        self._retrieval = retrieval
        self._drafting = drafting

    async def tickets(self, request: Request) -> Response:
        """Answer `POST /tickets` with the answer, its trace, and what it cost in this process."""
        ticket = Ticket(**await request.json())
        with (
            receipt() as spent,
            attribute_to(
                team=TEAM,
                feature="answer",
                user_id=ticket.user_id,
                session_id=f"ticket-{ticket.number}",
                purpose="production",
            ),
        ):
            answer = await self._resolve(ticket)
        return _answered({"answer": answer, "usd": f"{spent.total_usd:f}"})

    async def evaluations(self, request: Request) -> Response:
        """Answer `POST /evaluations`: a judge scores answers, apart from production."""
        answers = (await request.json())["answers"]
        with (
            receipt() as spent,
            attribute_to(
                team=TEAM, workflow="nightly-eval", feature="answer-quality", purpose="evaluation"
            ),
        ):
            for answer in answers:
                await self._chat("gpt-5-mini", "Score this answer from 1 to 5.", answer, "medium")
        return _answered({"usd": f"{spent.total_usd:f}"})

    async def triage(self, request: Request) -> Response:
        """Answer `POST /triage`: a job nobody has claimed, so its calls are unattributed."""
        subjects = (await request.json())["subjects"]
        with receipt() as spent:
            for subject in subjects:
                await self._chat("gpt-5-nano", "Which product is this mail about?", subject)
        return _answered({"usd": f"{spent.total_usd:f}"})

    @workflow("resolve-ticket")
    async def _resolve(self, ticket: Ticket) -> str:
        plan = await self._plan(ticket)
        found = await _ask(
            self._retrieval, "/search", question=ticket.question, product=ticket.product
        )
        written = await _ask(
            self._drafting,
            "/draft",
            question=f"{ticket.question}\n{plan}",
            product=ticket.product,
            passages=found["passages"],
        )
        answer = await self._stream(f"{ticket.question}\n{written['draft']}", include_usage=True)
        if is_policy_checked(ticket):
            await self._chat(POLICY_MODEL, "Does this answer follow our policy?", answer.text)
            record_score("Policy", 1.0, "pass", response_id=answer.response_id)
        if is_summarised(ticket):
            await self._stream(f"Summarise for the inbox: {answer.text}", include_usage=False)
        record_outcome("ticket_resolved", value_usd=WORTH_USD, success=not is_summarised(ticket))
        return answer.text

    async def _plan(self, ticket: Ticket) -> str:
        try:
            return await self._chat("gpt-5", HANDBOOK, ticket.question, "high")
        except RateLimitError as refused:
            # Tried again here rather than by the client, so that both attempts can be seen.
            await asyncio.sleep(int(refused.response.headers["retry-after-ms"]) / 1000)
            return await self._chat("gpt-5", HANDBOOK, ticket.question, "high")

    async def _chat(self, model: str, system: str, user: str, effort: str | None = None) -> str:
        options: dict[str, Any] = {"reasoning_effort": effort} if effort else {}
        completion = await self._client.chat.completions.create(
            model=model, messages=_messages(system, user), **options
        )
        return completion.choices[0].message.content or ""

    async def _stream(self, user: str, *, include_usage: bool) -> _Reply:
        options: dict[str, Any] = (
            {"stream_options": {"include_usage": True}} if include_usage else {}
        )
        stream = await self._client.chat.completions.create(
            model="gpt-5-mini",
            reasoning_effort="low",
            messages=_messages(HANDBOOK, user),
            stream=True,
            **options,
        )
        chunks = [chunk async for chunk in stream]
        deltas = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
        return _Reply("".join(deltas), chunks[-1].id)


def _messages(system: str, user: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


async def _ask(service: httpx2.AsyncClient, path: str, **question: Any) -> Any:
    answer = await service.post(path, json=question)
    return answer.raise_for_status().json()


def _answered(content: Mapping[str, Any]) -> JSONResponse:
    trace_id = trace.get_current_span().get_span_context().trace_id
    return JSONResponse({"trace_id": trace.format_trace_id(trace_id), **content})


def application() -> Starlette:
    """Return the service, instrumented. It is the one that outsiders reach: it trusts no baggage."""
    provider = start_telemetry("assistant", TEAM, trust_baggage=False)
    assistant = Assistant(
        AsyncOpenAI(max_retries=0),
        service_client(os.environ[RETRIEVAL_URL]),
        service_client(os.environ[DRAFTING_URL]),
    )
    routes = [
        Route("/tickets", assistant.tickets, methods=["POST"]),
        Route("/evaluations", assistant.evaluations, methods=["POST"]),
        Route("/triage", assistant.triage, methods=["POST"]),
    ]
    return traced_app(routes, provider)


if __name__ == "__main__":
    serve(application())
