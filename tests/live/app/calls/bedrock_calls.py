"""Calls with boto3: Converse and InvokeModel of Amazon Bedrock."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.live.billed import ROUNDS_TOGETHER

_MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
_MESSAGES = [{"role": "user", "content": [{"text": "How are you?"}]}]
_BODY = json.dumps(
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "How are you?"}],
    }
)


def _client(url: str) -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=f"{url}/bedrock",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - nothing checks it
        config=Config(retries={"max_attempts": 2, "mode": "standard"}),
    )


def converse(url: str) -> None:
    """One answer of Converse."""
    _client(url).converse(modelId=_MODEL, messages=_MESSAGES)


def converse_stream(url: str) -> None:
    """One stream of it."""
    for _event in _client(url).converse_stream(modelId=_MODEL, messages=_MESSAGES)["stream"]:
        pass


def invoke(url: str) -> None:
    """One answer of InvokeModel."""
    _client(url).invoke_model(modelId=_MODEL, body=_BODY)["body"].read()


def invoke_stream(url: str) -> None:
    """One stream of it."""
    answer = _client(url).invoke_model_with_response_stream(modelId=_MODEL, body=_BODY)
    for _event in answer["body"]:
        pass


def together(url: str) -> None:
    """Several answers at once, each asked by a thread that was handed the context."""
    client = _client(url)
    with ThreadPoolExecutor(ROUNDS_TOGETHER) as pool:
        asked = [
            pool.submit(
                contextvars.copy_context().run, client.converse, modelId=_MODEL, messages=_MESSAGES
            )
            for _ in range(ROUNDS_TOGETHER)
        ]
    for each in asked:
        each.result()


def refused(url: str) -> None:
    """One request that is refused for good."""
    try:
        converse(url)
    except ClientError:
        return
    raise AssertionError("it was answered")


CALLS: dict[str, Callable[[str], None]] = {
    "plain": converse,
    "cached": converse,
    "converse_stream": converse_stream,
    "invoke": invoke,
    "invoke_stream": invoke_stream,
    "parallel": together,
    "twins": together,
    "retried": converse,
    "refused": refused,
    "alone": converse_stream,
}
