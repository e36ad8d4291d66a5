"""An install without extras imports and prices without what the extras bring, and without the SDK."""

from __future__ import annotations

import subprocess
import sys

EXTRAS = (
    "clickhouse_connect",
    "chdb",
    "click",
    "rich",
    "platformdirs",
    "google.protobuf",
    "opentelemetry.proto",
    "opentelemetry.exporter",
    "opentelemetry.instrumentation",
)
BLOCKED = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if any(name == extra or name.startswith(extra + ".") for extra in {EXTRAS!r}):
            raise ModuleNotFoundError(f"no module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""
PRICE = """
from datetime import UTC, datetime
import otel_costing
at = datetime(2026, 11, 1, tzinfo=UTC)
assert str(otel_costing.price("openai", "gpt-5-mini", {"input": 1000}, at=at).total_usd) == "0.000250000000"
"""
PROCESS = """
from opentelemetry.sdk.trace import TracerProvider
from otel_costing import CostSampler, CostSpanProcessor, attribute_to, receipt
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(CostSpanProcessor(journal=sys.argv[1]))
with attribute_to(team="support"), receipt() as so_far:
    span = provider.get_tracer("app").start_span("chat")
    span.set_attributes({
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.usage.input_tokens": 1000,
    })
    span.end()
assert so_far.calls == 1 and so_far.unpriced == 0
"""
UNUSED = """
wanted = ("opentelemetry.sdk", "clickhouse_connect", "chdb", "click", "rich", "asyncio", "logging.config")
loaded = [module for module in wanted if module in sys.modules]
assert not loaded, loaded
"""


def run(program: str, *arguments: str) -> None:
    """Run a program to its end; a warning is an error."""
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_call_is_priced_without_any_extra_and_without_the_sdk() -> None:
    run(f"{BLOCKED}{PRICE}{UNUSED}")


def test_spans_are_priced_attributed_and_recorded_without_any_extra(tmp_path: object) -> None:
    run(f"{BLOCKED}{PROCESS}", str(tmp_path))
