"""What is said of results: on a terminal, on the page and in JSON, each from the same figures."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import terminal
from tests.benchmarks.as_json import document, results_of
from tests.benchmarks.examples import BOOKED, MACHINE, RESULTS, SCHEMA, SETTLING, of_today
from tests.benchmarks.figure import Aim, Figure
from tests.benchmarks.measure import spread_of
from tests.benchmarks.page import BEGIN, END, with_results
from tests.benchmarks.reasons import UNKNOWN, Reason, Reasons, reasons_of
from tests.benchmarks.results import Results

REASONS = Reasons((Reason("collector", ("book",), "The processor is busy."),))
PAGE = f"# Benchmarks\n\nBy hand.\n\n{BEGIN}\nof last time\n{END}\n\nAlso by hand.\n"
WRITTEN = f"""\
# Benchmarks

By hand.

{BEGIN}

Measured on 2 cores of A Processor, 24 GB, Linux x86_64; python 3.11.7, otel-costing 0.1.

### Settlement (`settlement`)

In memory.

| figure | median | 10 % to 90 % | beside | aim | growth |
|---|---:|---:|---|---|---|
| settle a trace of 100,000 spans: each | 10.0 µs | 9.51 to 12.3 | 20.1 times looking at each (0.500 µs) | ≤ 12 µs, met | 1.03 linear |

Aims: ≤ 12 µs: what a trace may take.

Measured on 2026-11-22, in 14 s.

### Load (`collector`)

Sent.

| figure | median | 10 % to 90 % | beside | aim | growth |
|---|---:|---:|---|---|---|
| booked | 13,210/s | | | ≥ 20,000/s, missed | |

Aims: ≥ 20,000/s: a platform.

Measured on 2026-11-21, in 7 s.

The rest could not be measured: OSError.

### What misses its aim

| figure | median | aim | why it is missed |
|---|---:|---:|---|
| collector: booked | 13,210/s | ≥ 20,000/s | The processor is busy. |

{END}

Also by hand.
"""
PRINTED = """\
settle a trace of 100,000 spans: each                       10.0 µs     9.51 to 12.3    1.03 linear
    20.1 times looking at each (0.500 µs); aim ≤ 12 µs: met"""


def test_a_figure_is_printed_with_what_stands_beside_it() -> None:
    assert "\n".join(terminal.lines(SETTLING)) == PRINTED


def test_a_short_run_is_not_judged_by_aims() -> None:
    assert list(terminal.lines(BOOKED, judged=False))[1] == "    aim ≥ 20,000/s"


def test_the_page_is_written_between_its_marks_alone() -> None:
    assert with_results(PAGE, RESULTS, REASONS) == WRITTEN


def test_writing_the_page_again_changes_nothing() -> None:
    assert with_results(WRITTEN, RESULTS, REASONS) == WRITTEN


@pytest.mark.parametrize("page", ["", f"{BEGIN}\n", f"{BEGIN}\n{END}\n{END}\n", f"{END}\n{BEGIN}"])
def test_a_page_without_its_marks_is_not_written(page: str) -> None:
    with pytest.raises(ValueError, match="needs the marks"):
        with_results(page, RESULTS, REASONS)


def test_a_miss_of_unknown_reason_says_so() -> None:
    assert UNKNOWN in with_results(PAGE, RESULTS, Reasons(()))


def test_the_document_is_as_its_schema_says() -> None:
    jsonschema.validate(document(RESULTS), SCHEMA)


def test_the_page_can_be_written_from_the_document_alone() -> None:
    told = json.loads(json.dumps(document(RESULTS)))

    assert with_results(PAGE, results_of(told), REASONS) == WRITTEN
    assert document(results_of(told)) == told


def test_a_figure_that_is_rounded_to_its_aim_meets_it_wherever_it_is_said() -> None:
    close = Figure("x", spread_of([50.004]), "ms", Aim(50, "why"))
    told = document(RESULTS._replace(areas=(of_today("x", close),)))

    assert told["areas"][0]["figures"][0]["aim"]["met"] is True
    assert list(results_of(told).missed()) == []


def test_the_page_in_the_manual_says_what_the_document_says() -> None:
    told = json.loads(command.DOCUMENT.read_text(encoding="utf-8"))
    page = command.PAGE.read_text(encoding="utf-8")

    jsonschema.validate(told, SCHEMA)
    assert with_results(page, results_of(told), reasons_of(command.REASONS)) == page


def test_every_figure_of_the_manual_has_a_name_of_its_own_and_fits_a_terminal() -> None:
    told = results_of(json.loads(command.DOCUMENT.read_text(encoding="utf-8")))

    for area in told.areas:
        names = [figure.what for figure in area.figures]
        lines = [line for figure in area.figures for line in terminal.lines(figure)]
        assert len(set(names)) == len(names)
        assert [line for line in lines if len(line) > 100] == []


def test_an_area_that_was_measured_anew_takes_its_former_place() -> None:
    anew = of_today("settlement", BOOKED)
    results = Results(MACHINE, (anew, of_today("price", SETTLING))).in_place_of(RESULTS)

    assert [area.name for area in results.areas] == ["settlement", "collector", "price"]
    assert results.areas[0] == anew
