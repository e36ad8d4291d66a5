"""The local record: on disk before the span ends, readable like any OTLP file, without prompts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from otel_costing import CostSpanProcessor, attribute_to
from otel_costing.attribution import attribution_of
from otel_costing.journal import Journal
from otel_costing.ledger import call_id_of_span
from otel_costing.otlp import decode_json
from otel_costing.pricing import Cost, price_span
from otel_costing.readable import record_of
from otel_costing.spans import SpanRecord
from tests.calls import record
from tests.tracing import CALL, CALL_USD, NO_CALL, call, exported, tracer_of


def written(directory: Path) -> list[SpanRecord]:
    """Return every call in a journal."""
    return [
        span
        for path in sorted(directory.iterdir())
        for line in path.read_bytes().splitlines()
        for span in decode_json(line).spans
    ]


def test_the_line_is_in_the_file_when_the_span_has_ended(tmp_path: Path) -> None:
    tracer = tracer_of(CostSpanProcessor(journal=tmp_path))
    for calls in (1, 2):
        call(tracer)
        assert len(written(tmp_path)) == calls


def test_a_process_killed_right_after_loses_no_call(tmp_path: Path) -> None:
    program = f"""
import os, signal
from otel_costing import CostSpanProcessor
from tests.tracing import call, tracer_of
call(tracer_of(CostSpanProcessor(journal={str(tmp_path)!r})))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert len(written(tmp_path)) == 1


def test_a_call_reads_back_to_the_same_id_the_same_total_and_who_caused_it(tmp_path: Path) -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(journal=tmp_path), simple, resource={"service.name": "a"})
    with attribute_to(team="support", workflow="resolve"), tracer.start_as_current_span("root"):
        call(tracer)
    span = exporter.get_finished_spans()[0]
    (back,) = written(tmp_path)
    priced = price_span(
        back.attributes,
        scope_name=back.scope_name,
        start_time=back.start_ns,
        end_time=back.end_ns,
    )

    assert isinstance(priced.cost, Cost)  # type: ignore[union-attr]
    assert str(priced.cost.total_usd) == (span.attributes or {})["otel_costing.cost.usd"]  # type: ignore[union-attr]
    assert call_id_of_span(back.trace_id, back.span_id) == call_id_of_span(
        record_of(span).trace_id, record_of(span).span_id
    )
    own = record_of(span)
    assert back._replace(attributes={}) == own._replace(attributes={})
    assert attribution_of(back.attributes, {}) == attribution_of(own.attributes, {})
    assert back.attributes["otel_costing.cost.usd"] == CALL_USD


def test_only_listed_attributes_are_written(tmp_path: Path) -> None:
    private = "the name of the patient is"
    tracer = tracer_of(CostSpanProcessor(journal=tmp_path), resource={"host.name": private})
    call(
        tracer,
        more={
            "gen_ai.input.messages": private,
            "gen_ai.prompt.0.content": private,
            "output.value": private,
            "app.note": private,
        },
    )
    (text,) = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]

    assert private not in text
    assert {name: written(tmp_path)[0].attributes[name] for name in CALL} == dict(CALL)


def test_spans_that_are_no_calls_and_copies_of_calls_are_not_written(tmp_path: Path) -> None:
    tracer = tracer_of(CostSpanProcessor(journal=tmp_path))
    tracer.start_span("GET /", attributes=NO_CALL).end()
    call(tracer, "chatcmpl-CR1aXb9ZkPq0001")
    call(tracer, "chatcmpl-CR1aXb9ZkPq0001")

    assert len(written(tmp_path)) == 1


def test_a_call_without_a_price_is_written_too(tmp_path: Path) -> None:
    call(tracer_of(CostSpanProcessor(journal=tmp_path)), more={"gen_ai.response.model": "gpt-99"})

    assert written(tmp_path)[0].attributes["otel_costing.status_reason"] == "unknown_model"


def test_the_wrapping_form_writes_it_too(tmp_path: Path) -> None:
    simple, _ = exported()
    call(tracer_of(CostSpanProcessor(simple, journal=tmp_path)))

    assert len(written(tmp_path)) == 1


@pytest.mark.parametrize(("sync", "waits"), [(True, 1), (False, 0)])
def test_with_sync_each_call_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: int, *, sync: bool
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    call(tracer_of(CostSpanProcessor(journal=tmp_path, sync=sync)))

    assert len(synced) == waits


FORKING = """
import os, sys, warnings
from opentelemetry.sdk.trace import TracerProvider
from otel_costing import CostSpanProcessor
from tests.tracing import call, tracer_of
tracer = tracer_of(CostSpanProcessor(journal=sys.argv[1]))
call(tracer)
child = os.fork()
call(tracer)
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""


def test_a_forked_child_writes_a_file_of_its_own(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORKING, str(tmp_path)], check=True)
    lines = sorted(len(path.read_bytes().splitlines()) for path in tmp_path.iterdir())

    assert lines == [1, 2]


def test_after_closing_the_next_call_opens_another_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "made" / "when-missing")
    journal.append(record())
    journal.close()
    journal.append(record(1))
    journal.close()

    assert len(list((tmp_path / "made" / "when-missing").iterdir())) == 2


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (float("nan"), ()),
        (float("inf"), ()),
        (2**63, ()),
        pytest.param(10**400, (), id="four hundred digits"),
        (0.5, 0.5),
        (None, None),
        (-(2**63), -(2**63)),
        (True, True),
        (("a",), ()),
        ("x" * 600, "x" * 512),
        ("\ud800", "?"),
        ('"\n', '"\n'),
    ],
)
def test_values_that_json_or_otlp_cannot_hold_do_not_break_the_line(
    tmp_path: Path, value: Any, back: Any
) -> None:
    journal = Journal(tmp_path)
    journal.append(record()._replace(attributes={"user.id": value}))
    journal.append(record(1))
    journal.close()
    lines = next(tmp_path.iterdir()).read_text(encoding="utf-8").splitlines()
    span = json.loads(lines[0])["resourceSpans"][0]["scopeSpans"][0]["spans"][0]

    assert len(lines) == 2
    assert written(tmp_path)[0].attributes.get("user.id") == back
    assert span["name"] == "chat m"


@pytest.mark.parametrize("tokens", [float("nan"), float("inf"), 2**70, -1, 0.5, "many", True])
def test_a_figure_that_is_none_comes_out_of_the_journal_as_it_went_in(
    tmp_path: Path, tokens: Any
) -> None:
    tracer = tracer_of(CostSpanProcessor(journal=tmp_path))
    call(tracer, more={"gen_ai.usage.input_tokens": tokens})
    (back,) = written(tmp_path)
    again = price_span(
        back.attributes, scope_name=back.scope_name, start_time=back.start_ns, end_time=back.end_ns
    )

    assert again.cost.reason == "invalid_usage"  # type: ignore[union-attr]
    assert back.attributes["otel_costing.status_reason"] == "invalid_usage"


def test_a_directory_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        CostSpanProcessor(journal=tmp_path / "file" / "journal")
