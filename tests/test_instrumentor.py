"""The zero-code hook, under the real `opentelemetry-instrument`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.skipif(
        find_spec("opentelemetry.instrumentation") is None
        or find_spec("opentelemetry.distro") is None,
        reason="opentelemetry-distro is not installed",
    ),
    pytest.mark.skipif(
        not any(
            each.name == "otel_costing" for each in entry_points(group="opentelemetry_instrumentor")
        ),
        reason="otel-costing itself is not installed, so nothing can find its entry points",
    ),
]

APPLICATION = """
from opentelemetry import trace
for _ in range(int(__import__("sys").argv[1])):
    span = trace.get_tracer("app").start_span("chat gpt-5-mini")
    span.set_attributes({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.usage.input_tokens": 1000,
    })
    span.end()
"""
COMMAND = Path(sys.executable).with_name("opentelemetry-instrument")
COST = "otel_costing.cost.usd"


def run(directory: Path, calls: int = 1, **environment: str) -> tuple[list[dict[str, Any]], str]:
    """Return the spans that the application's own exporter printed, and what was logged."""
    program = directory / "app.py"
    program.write_text(APPLICATION, encoding="utf-8")
    ran = subprocess.run(
        [str(COMMAND), sys.executable, str(program), str(calls)],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
            "OTEL_TRACES_EXPORTER": "console",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            **environment,
        },
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
    )
    return list(_documents(ran.stdout)), ran.stderr


def _documents(text: str) -> Any:
    decoder = json.JSONDecoder()
    rest = text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].strip()


def test_without_a_line_of_code_the_span_carries_its_cost(tmp_path: Path) -> None:
    (span,), _ = run(tmp_path)
    assert span["attributes"][COST] == "0.000250000000"


def test_it_is_switched_off_like_any_instrumentation(tmp_path: Path) -> None:
    (span,), _ = run(tmp_path, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="otel_costing")
    assert COST not in span["attributes"]


def test_the_environment_can_ask_for_a_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    run(tmp_path, OTEL_COSTING_JOURNAL=str(journal), OTEL_COSTING_JOURNAL_SYNC="true")
    (file,) = journal.iterdir()
    assert COST in file.read_text(encoding="utf-8")


def test_a_journal_that_cannot_be_used_is_said_and_calls_are_priced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (span,), logged = run(tmp_path, OTEL_COSTING_JOURNAL=str(tmp_path / "file" / "journal"))
    assert COST in span["attributes"]
    assert "OTEL_COSTING_JOURNAL" in logged


def test_the_environment_can_name_a_teams_own_prices(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: own\ncontracts:\n  - {provider: openai, from: null, discount_percent: '50',"
        " source: MSA 7, checked: 2026-01-02}\n"
    )
    (span,), _ = run(tmp_path, OTEL_COSTING_OVERRIDES=str(own))

    assert span["attributes"][COST] == "0.000125000000"
    assert len(span["attributes"]["otel_costing.rates.digest"].split("+")) == 2


def test_own_prices_that_are_wrong_are_said_once_and_the_packaged_ones_hold(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: own\ncontract: []\n")
    spans, logged = run(tmp_path, calls=3, OTEL_COSTING_OVERRIDES=str(own))

    assert [span["attributes"][COST] for span in spans] == ["0.000250000000"] * 3
    assert logged.count("OTEL_COSTING_OVERRIDES") == 1
    assert "own.yaml:2" in logged


def test_the_sampler_is_chosen_by_name_and_the_printed_sample_stays_the_delegates(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "journal"
    spans, _ = run(
        tmp_path,
        calls=20,
        OTEL_TRACES_SAMPLER="otel_costing",
        OTEL_TRACES_SAMPLER_ARG="parentbased_always_off",
        OTEL_COSTING_JOURNAL=str(journal),
    )
    (file,) = journal.iterdir()

    assert spans == []
    assert len(file.read_text(encoding="utf-8").splitlines()) == 20


def test_it_adds_its_processor_once_and_warns_where_there_is_no_sdk(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from opentelemetry.trace import NoOpTracerProvider

    from otel_costing.instrumentor import CostInstrumentor
    from tests.tracing import provider_of

    provider = provider_of()
    for _ in range(2):
        CostInstrumentor().instrument(tracer_provider=provider, skip_dep_check=True)
        CostInstrumentor().uninstrument()
    assert len(provider._active_span_processor._span_processors) == 1  # noqa: SLF001 - nothing public tells
    CostInstrumentor().instrument(tracer_provider=NoOpTracerProvider(), skip_dep_check=True)
    CostInstrumentor().uninstrument()
    assert "no SDK TracerProvider" in caplog.text
