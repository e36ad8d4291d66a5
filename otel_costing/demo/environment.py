"""What the processes of the demo are told through their environment, and nothing else of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

RETRIEVAL_URL: Final = "OTEL_COSTING_DEMO_RETRIEVAL_URL"
DRAFTING_URL: Final = "OTEL_COSTING_DEMO_DRAFTING_URL"
OTLP_DIRECTORY: Final = "OTEL_COSTING_DEMO_OTLP_DIRECTORY"

HEALTH_PATH: Final = "/healthz"

_DROPPED_PREFIXES = ("OTEL_", "OPENAI_", "ANTHROPIC_")
_DROPPED = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}


def of_processes(
    inherited: Mapping[str, str], urls: Mapping[str, str], otlp_directory: Path
) -> dict[str, str]:
    """Return `inherited` with everything that could lead off this machine replaced.

    Keys, exporters, samplers and proxies of whoever starts the demo have no business in it: it
    neither spends their money nor sends them spans.

    Args:
        inherited: the environment of the caller.
        urls: base URL by process name.
        otlp_directory: where the receiver keeps what it gets.
    """
    return {
        **{name: value for name, value in inherited.items() if not _is_dropped(name)},
        "NO_PROXY": "*",
        "OPENAI_API_KEY": "no-key-needed",
        "OPENAI_BASE_URL": f"{urls['providers']}/openai/v1",
        "ANTHROPIC_API_KEY": "no-key-needed",
        "ANTHROPIC_BASE_URL": f"{urls['providers']}/anthropic",
        "OTEL_EXPORTER_OTLP_ENDPOINT": urls["receiver"],
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        RETRIEVAL_URL: urls["retrieval"],
        DRAFTING_URL: urls["drafting"],
        OTLP_DIRECTORY: os.fspath(otlp_directory),
    }


def _is_dropped(name: str) -> bool:
    return name.startswith(_DROPPED_PREFIXES) or name.upper() in _DROPPED
