"""Gemini's answers: generateContent, whole and streamed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.live.billed import Answer, Billed, Quantities

RICH: Quantities = {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50}
REFUSALS = {
    400: {"error": {"code": 400, "message": "Unknown field", "status": "INVALID_ARGUMENT"}},
    429: {"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}},
}
_MODEL = re.compile(r"/models/([^:/]+):(stream)?[gG]enerateContent")


def answer(path: str, body: Mapping[str, Any], quantities: Quantities) -> tuple[Answer, Billed]:
    """Answer `POST .../models/{model}:generateContent` or `:streamGenerateContent?alt=sse`."""
    del body
    found = _MODEL.search(path)
    if found is None:
        raise LookupError(path)
    model, response_id = found[1], uuid4().hex[:22]
    told = {
        "responseId": response_id,
        "modelVersion": model,
        "candidates": [{"index": 0, "content": _TEXT, "finishReason": "STOP"}],
        "usageMetadata": _usage(quantities),
    }
    billed = Billed("gcp.gemini", model, quantities, response_id)
    if found[2] is None:
        return Answer(json.dumps(told).encode()), billed
    begun = {**told, "candidates": [{"index": 0, "content": _TEXT}], "usageMetadata": {}}
    stream = "".join(f"data: {json.dumps(event)}\r\n\r\n" for event in (begun, told))
    return Answer(stream.encode(), "text/event-stream"), billed


_TEXT = {"role": "model", "parts": [{"text": "All is well."}]}


def _usage(quantities: Quantities) -> Mapping[str, int]:
    cached, thoughts = quantities.get("cache_read", 0), quantities.get("reasoning", 0)
    asked, told = quantities["input"] + cached, quantities["output"]
    usage = {
        "promptTokenCount": asked,
        "candidatesTokenCount": told,
        "totalTokenCount": asked + told + thoughts,
    }
    extra = {"cachedContentTokenCount": cached, "thoughtsTokenCount": thoughts}
    return usage | {name: tokens for name, tokens in extra.items() if tokens}
