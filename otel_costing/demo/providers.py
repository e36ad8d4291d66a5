"""A stand-in for OpenAI and Anthropic on loopback: their answers, their usage objects, their refusals.

Run as `python -m otel_costing.demo.providers`. `GET /served` tells what was answered, so that what the
ledger says can be compared with what a provider would bill.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from otel_costing.demo import token_counts
from otel_costing.demo.served import PROPAGATION_HEADERS, Served
from otel_costing.demo.service import HEALTH_ROUTE, serve

if TYPE_CHECKING:
    from starlette.requests import Request

_SNAPSHOTS = {
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
}
_REFUSED_REQUESTS = {("gpt-5", 2), ("claude-sonnet-4-6", 3)}
"""The second request for one model and the third for another are one too many, once."""
_RETRY_AFTER_MS = 20
_EMBEDDING = [0.25, -0.5, 0.125, 0.75]


class Providers:
    """What both providers remember while they run: prompt caches, request counts, what they served."""

    def __init__(self) -> None:
        self._cache = token_counts.PromptCache()
        self._requests: Counter[str] = Counter()
        self._served: list[Served] = []

    async def chat(self, request: Request) -> Response:
        """Answer `POST /openai/v1/chat/completions`, streamed where the request asks for it."""
        body = await request.json()
        if self._is_one_too_many(body["model"]):
            return self._refuse(request, body, _OPENAI_REFUSAL)
        response_id = f"chatcmpl-{uuid.uuid4().hex[:29]}"
        usage = token_counts.openai_chat_usage(body, self._cache)
        if not body.get("stream"):
            self._note(request, body, response_id, usage)
            return JSONResponse(_completion(body, response_id, usage))
        told = usage if body.get("stream_options", {}).get("include_usage") else None
        self._note(request, body, response_id, told)
        return StreamingResponse(_events(body, response_id, told), media_type="text/event-stream")

    async def embeddings(self, request: Request) -> Response:
        """Answer `POST /openai/v1/embeddings`; the API gives these answers no id."""
        body = await request.json()
        usage = token_counts.openai_embedding_usage(body)
        self._note(request, body, "", usage)
        data = [{"object": "embedding", "index": 0, "embedding": _EMBEDDING}]
        return JSONResponse(
            {"object": "list", "model": body["model"], "data": data, "usage": usage}
        )

    async def messages(self, request: Request) -> Response:
        """Answer `POST /anthropic/v1/messages`."""
        body = await request.json()
        if self._is_one_too_many(body["model"]):
            return self._refuse(request, body, _ANTHROPIC_REFUSAL)
        response_id = f"msg_01{uuid.uuid4().hex[:22]}"
        usage = token_counts.anthropic_usage(body, self._cache)
        self._note(request, body, response_id, usage)
        headers = {"request-id": f"req_01{uuid.uuid4().hex[:22]}"}
        return JSONResponse(_message(body, response_id, usage), headers=headers)

    async def served(self, _request: Request) -> Response:
        """Answer `GET /served`: every answer so far, in order."""
        return JSONResponse([asdict(answer) for answer in self._served])

    def _is_one_too_many(self, model: str) -> bool:
        self._requests[model] += 1
        return (model, self._requests[model]) in _REFUSED_REQUESTS

    def _refuse(self, request: Request, body: token_counts.Body, refusal: object) -> Response:
        self._note(request, body, "", None, status=429)
        headers = {"retry-after-ms": str(_RETRY_AFTER_MS)}
        return JSONResponse(refusal, status_code=429, headers=headers)

    def _note(
        self,
        request: Request,
        body: token_counts.Body,
        response_id: str,
        usage: Mapping[str, Any] | None,
        *,
        status: int = 200,
    ) -> None:
        carried = tuple(name for name in PROPAGATION_HEADERS if name in request.headers)
        path = request.url.path
        self._served.append(Served(path, body["model"], status, response_id, usage, carried))


_OPENAI_REFUSAL = {
    "error": {
        "message": "Rate limit reached for requests",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }
}
_ANTHROPIC_REFUSAL = {
    "type": "error",
    "error": {"type": "rate_limit_error", "message": "This request would exceed your rate limit."},
}


def _snapshot(body: token_counts.Body) -> str:
    model: str = body["model"]
    return _SNAPSHOTS.get(model, model)


def _text(body: token_counts.Body) -> str:
    words = ("We", "checked", "this", "for", "you", "and", "will", "write", "again", "soon.")
    return " ".join(words[n % len(words)] for n in range(token_counts.answer_tokens(body)))


def _completion(
    body: token_counts.Body, response_id: str, usage: Mapping[str, Any]
) -> dict[str, Any]:
    message = {"role": "assistant", "content": _text(body), "refusal": None}
    return {
        **_envelope(body, response_id, "chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": usage,
    }


def _events(
    body: token_counts.Body, response_id: str, usage: Mapping[str, Any] | None
) -> Iterator[str]:
    envelope = _envelope(body, response_id, "chat.completion.chunk")
    for word in _text(body).split():
        yield _event({**envelope, "choices": [_delta({"content": f"{word} "}, None)]})
    yield _event({**envelope, "choices": [_delta({}, "stop")]})
    if usage is not None:
        yield _event({**envelope, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _delta(content: Mapping[str, str], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": content, "logprobs": None, "finish_reason": finish_reason}


def _event(chunk: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(chunk)}\n\n"


def _envelope(body: token_counts.Body, response_id: str, kind: str) -> dict[str, Any]:
    return {
        "id": response_id,
        "object": kind,
        "created": int(time.time()),
        "model": _snapshot(body),
        "service_tier": "default",
    }


def _message(body: token_counts.Body, response_id: str, usage: Mapping[str, Any]) -> dict[str, Any]:
    thinking = {"type": "thinking", "thinking": "Which chapter applies?", "signature": "stand-in"}
    content = [{"type": "text", "text": _text(body)}]
    return {
        "id": response_id,
        "type": "message",
        "role": "assistant",
        "model": _snapshot(body),
        "content": [thinking, *content] if "thinking" in body else content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


def application() -> Starlette:
    """Return the stand-in as an ASGI application."""
    providers = Providers()
    return Starlette(
        routes=[
            HEALTH_ROUTE,
            Route("/openai/v1/chat/completions", providers.chat, methods=["POST"]),
            Route("/openai/v1/embeddings", providers.embeddings, methods=["POST"]),
            Route("/anthropic/v1/messages", providers.messages, methods=["POST"]),
            Route("/served", providers.served),
        ]
    )


if __name__ == "__main__":
    serve(application())
