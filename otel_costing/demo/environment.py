"""What the processes of the demo are told through their environment, and nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RETRIEVAL_URL: Final = "OTEL_COSTING_DEMO_RETRIEVAL_URL"
DRAFTING_URL: Final = "OTEL_COSTING_DEMO_DRAFTING_URL"

HEALTH_PATH: Final = "/healthz"

_DROPPED_PREFIXES = ("OTEL_", "OPENAI_", "ANTHROPIC_")
_DROPPED = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}


def of_processes(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return `inherited` without what could lead off this machine.

    Keys, exporters, samplers and proxies of whoever starts the demo have no business in it: it
    neither spends their money nor sends them spans.
    """
    kept = {name: value for name, value in inherited.items() if not _is_dropped(name)}
    return {**kept, "NO_PROXY": "*"}


def of_services(inherited: Mapping[str, str], urls: Mapping[str, str]) -> dict[str, str]:
    """Return what `of_processes` returns, and where services find one another, the providers and the collector.

    Args:
        inherited: the environment of the caller.
        urls: base URL by process name.
    """
    return {
        **of_processes(inherited),
        "OPENAI_API_KEY": "no-key-needed",
        "OPENAI_BASE_URL": f"{urls['providers']}/openai/v1",
        "ANTHROPIC_API_KEY": "no-key-needed",
        "ANTHROPIC_BASE_URL": f"{urls['providers']}/anthropic",
        "OTEL_EXPORTER_OTLP_ENDPOINT": urls["collector"],
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        # The default drops what is not taken within ten seconds: a slow machine takes longer to start a collector again.
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
        # Little is ever in memory alone, and there is something in the collector when it is killed.
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        RETRIEVAL_URL: urls["retrieval"],
        DRAFTING_URL: urls["drafting"],
    }


def _is_dropped(name: str) -> bool:
    return name.startswith(_DROPPED_PREFIXES) or name.upper() in _DROPPED
