"""Skips what needs the demo's packages where they are not installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from otel_costing.demo import packages


@pytest.fixture(scope="session", autouse=True)
def demo_extra() -> None:
    """Stand before everything else here, which needs the extra."""
    missing = [*packages.missing(), *([] if find_spec("grpc") else ["grpcio"])]
    if missing:
        pytest.skip(f"the extra `demo` is not installed: {', '.join(missing)}")
