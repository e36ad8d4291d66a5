"""Skips what needs the demo's packages where they are not installed, and runs the demo once."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from otel_costing.demo.run import DemoRun

EXTRA = (
    "anthropic",
    "httpx2",
    "openai",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-instrumentation-asgi",
    "opentelemetry-instrumentation-genai-openai",
    "opentelemetry-instrumentation-httpx",
    "opentelemetry-proto",
    "starlette",
    "uvicorn",
)
TICKETS = 4
"""Enough for cache reads, both refusals, two private calls and one stream without usage."""


def _is_missing(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return True
    return False


@pytest.fixture(scope="session", autouse=True)
def demo_extra() -> None:
    """Stand before everything else here, which needs the extra."""
    missing = [package for package in EXTRA if _is_missing(package)]
    if missing:
        pytest.skip(f"the extra `demo` is not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def steps() -> list[tuple[str, int, int]]:
    """Fill with what `run` reported while it ran."""
    return []


@pytest.fixture(scope="session")
def run(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int]],
) -> DemoRun:
    from otel_costing.demo.run import run_services

    def note(what: str, done: int, of: int) -> None:
        steps.append((what, done, of))

    return run_services(tmp_path_factory.mktemp("demo"), TICKETS, progress=note)
