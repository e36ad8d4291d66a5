"""`otel-costing doctor`: an examination a person can act on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

APPLICATION = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from otel_costing import CostSampler, CostSpanProcessor

provider = TracerProvider(sampler={sampler})
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
{add}
trace.set_tracer_provider(provider)
"""


def examined(home: Path, sampler: str, add: str) -> tuple[int, str]:
    """Run the doctor on an application of its own, as only one provider can be set in a process."""
    (home / "shop.py").write_text(APPLICATION.format(sampler=sampler, add=add))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "otel_costing.cli",
            "doctor",
            "--app",
            "shop",
            "--dsn",
            f"chdb://{home}/none",
            "--format",
            "json",
        ],
        cwd=home,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_an_application_in_order_has_no_problem(tmp_path: Path) -> None:
    status, said = examined(
        tmp_path,
        "CostSampler(TraceIdRatioBased(0.1))",
        "provider.add_span_processor(CostSpanProcessor())",
    )

    assert status == 0, said
    assert "CostSpanProcessor" in said
    assert '"problem"' not in said


def test_a_sampler_that_drops_calls_is_a_problem(tmp_path: Path) -> None:
    status, said = examined(
        tmp_path, "TraceIdRatioBased(0.1)", "provider.add_span_processor(CostSpanProcessor())"
    )

    assert status == 1
    assert "CostSampler(" in said


def test_an_application_without_the_processor_is_told_the_line_to_add(tmp_path: Path) -> None:
    status, said = examined(tmp_path, "None", "")

    assert status == 1
    assert "provider.add_span_processor(CostSpanProcessor())" in said


OFF = """
import sys
import types

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor


class OpenAIInstrumentor(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()

    def _instrument(self, **how): ...

    def _uninstrument(self, **how): ...


module = types.ModuleType("opentelemetry.instrumentation.genai.openai")
module.OpenAIInstrumentor = OpenAIInstrumentor
sys.modules[module.__name__] = module
provider.add_span_processor(CostSpanProcessor())
"""


@pytest.mark.parametrize(
    ("switch", "verdict", "what"),
    [
        ("", "note", "not switched on; OpenAIInstrumentor().instrument()"),
        ("OpenAIInstrumentor().instrument()", "ok", ""),
    ],
)
def test_an_instrumentation_that_nobody_switched_on_is_named(
    tmp_path: Path, switch: str, verdict: str, what: str
) -> None:
    entry_points = tmp_path / "shop-1.dist-info" / "entry_points.txt"
    entry_points.parent.mkdir()
    named = "openai = opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor"
    entry_points.write_text(f"[opentelemetry_instrumentor]\n{named}\n")
    status, said = examined(tmp_path, "None", f"{OFF}\n{switch}")

    assert status == 0, said
    (found,) = (
        each
        for each in json.loads(said)["findings"]
        if each["subject"] == "instrumentation" and "genai.openai" in each["what"]
    )
    assert found["verdict"] == verdict
    assert found["what"].endswith(what)


WRAPPED = """
from opentelemetry.sdk.trace import SpanProcessor

class Wrapper(SpanProcessor):
    def __init__(self, processor):
        self.processor = processor

provider.add_span_processor(Wrapper(CostSpanProcessor()))
"""


def test_a_wrapper_that_keeps_ending_spans_to_itself_is_named(tmp_path: Path) -> None:
    status, said = examined(tmp_path, "CostSampler(TraceIdRatioBased(0.1))", WRAPPED)

    assert status == 0, said
    assert "Wrapper around it does not tell it of ending spans" in said


STOOD_FOR = """
class StandIn(trace.TracerProvider):
    def __init__(self, provider):
        self.provider = provider

    def get_tracer(self, *arguments, **named):
        return self.provider.get_tracer(*arguments, **named)

provider.add_span_processor(CostSpanProcessor())
trace.set_tracer_provider(StandIn(provider))
"""


def test_a_provider_that_stands_for_the_sdk_s_is_looked_into(tmp_path: Path) -> None:
    status, said = examined(tmp_path, "CostSampler(TraceIdRatioBased(0.1))", STOOD_FOR)

    assert status == 0, said
    assert '"problem"' not in said
    assert "CostSpanProcessor" in said


def test_a_ledger_that_answers_tells_its_last_call(command: Command, dsn: str) -> None:
    span = Path(__file__).parents[1] / "conformance/spans/otel-genai-openai__openai_responses.json"
    command("ingest", str(span), "--dsn", dsn)
    findings = {
        each["subject"]: each
        for each in command("doctor", "--dsn", dsn, "--format", "json").document["findings"]
    }

    assert findings["ledger"]["verdict"] == "ok"
    assert "gpt-5-mini" in findings["last call"]["what"]


@pytest.mark.parametrize("credentials", ["ann:s3cret", "s3cret"])
def test_a_password_is_never_shown(
    credentials: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor a token that was taken for the user."""
    monkeypatch.setenv("OTEL_COSTING_DSN", f"clickhouse://{credentials}@127.0.0.1:1/costs")
    answer = command("doctor")

    assert answer.status == 1
    assert "s3cret" not in answer.out + answer.err


def test_a_module_that_cannot_be_imported_is_bad_input(command: Command, dsn: str) -> None:
    answer = command("doctor", "--app", "no.such.module", "--dsn", dsn)

    assert answer.status == 2
    assert "no.such.module" in answer.err
