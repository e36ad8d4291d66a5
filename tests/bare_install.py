"""Run by `make wheel` in an environment that holds the wheel and nothing it does not require."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import otel_costing
from otel_costing import CostSpanProcessor, price

EXTRAS = (
    "clickhouse_connect",
    "chdb",
    "click",
    "rich",
    "google.protobuf",
    "opentelemetry.exporter",
)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


cost = price("openai", "gpt-5-mini", {"input": 1000}, at=datetime(2026, 11, 1, tzinfo=UTC))
CostSpanProcessor().shutdown()
print(f"otel-costing {metadata.version('otel-costing')} from {otel_costing.__path__[0]}")  # noqa: T201 - a script
print(f"a thousand tokens: {cost.total_usd} USD, {cost.rate_id}")  # type: ignore[union-attr]  # noqa: T201
command = Path(sys.executable).with_name("otel-costing")
told = subprocess.run([command, "report"], capture_output=True, text=True, check=False)
if (told.returncode, "pip install 'otel-costing[cli]'" in told.stderr) != (2, True):
    raise SystemExit(f"the command does not say what it needs: {told}")
present = [module for module in EXTRAS if _is_there(module)]
raise SystemExit(f"more than the bare install is here: {present}" if present else 0)
