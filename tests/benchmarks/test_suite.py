"""The suite runs: every area has figures, and what it starts ends with it. How fast anything is, is not tested."""

from __future__ import annotations

import gc
import json
import os
import select
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from tests.benchmarks import __main__ as command
from tests.benchmarks import terminal
from tests.benchmarks.areas import AREAS, Area
from tests.benchmarks.as_json import document
from tests.benchmarks.bench import Bench
from tests.benchmarks.collector import collecting, processes_of
from tests.benchmarks.examples import BOOKED, RESULTS, SCHEMA, SETTLING, of_today
from tests.benchmarks.figure import Figure
from tests.benchmarks.ledgers import Ledgers
from tests.benchmarks.peak import measured
from tests.benchmarks.suite import run


def test_an_area_that_fails_leaves_the_others_and_what_it_had() -> None:
    def breaks(_: Bench) -> Iterator[Figure]:
        yield BOOKED
        raise OSError("no room")

    said: list[str] = []
    areas = [
        Area("first", "First", "", breaks),
        Area("second", "Second", "", lambda _: iter([SETTLING])),
    ]

    results = run(areas, Bench(short=True, ledgers=Ledgers(Path(), ())), said.append)

    assert [(area.figures, area.failed) for area in results.areas] == [
        ((BOOKED,), "OSError"),
        ((SETTLING,), None),
    ]
    assert any("Traceback" in line for line in said)


def test_a_short_run_is_not_written() -> None:
    done = CliRunner().invoke(command.main, ["--write", "--short"])

    assert done.exit_code == 2
    assert "takes no short run" in done.output


def test_areas_of_another_machine_do_not_stand_beside_those_that_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "benchmarks.json"
    elsewhere.write_text(json.dumps(document(RESULTS)), encoding="utf-8")
    monkeypatch.setattr(command, "DOCUMENT", elsewhere)

    done = CliRunner().invoke(command.main, ["--write", "settlement"])

    assert done.exit_code == 2
    assert "has no figures of this machine" in done.output


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A short run, with ledgers of a few traces."""
    gc.freeze()  # as the command does: what other tests made is not looked through in each round
    yield Bench(short=True, ledgers=Ledgers(tmp_path_factory.mktemp("ledgers"), (50, 100, 150)))
    gc.unfreeze()


# Of two areas that load a collector one is enough here; `make bench-short` runs both.
@pytest.mark.parametrize(
    "area", [area for area in AREAS if area.name != "reads"], ids=lambda area: area.name
)
def test_an_area_has_a_first_figure(area: Area, bench: Bench) -> None:
    figures = area.figures(bench)
    figure = next(figures)
    figures.close()  # type: ignore[attr-defined]  # it is a generator, whose processes end with it

    assert figure.spread.median > 0
    jsonschema.validate(document(RESULTS._replace(areas=(of_today(area.name, figure),))), SCHEMA)
    assert all(len(line) <= 100 for line in terminal.lines(figure))


def test_a_ledger_that_was_kept_is_asked_again(bench: Bench) -> None:
    dsn = bench.ledgers.dsn(50)
    directory = Path(dsn.removeprefix("chdb://")).parent

    again = Ledgers(directory, (50,))

    assert again.dsn(50) == dsn
    assert again.rolled_up_s == {}


def test_a_ledger_that_was_cut_short_is_not_asked(bench: Bench) -> None:
    whole = Path(bench.ledgers.dsn(50).removeprefix("chdb://"))
    (whole.parent / "60_calls").symlink_to(whole)

    with pytest.raises(ValueError, match="holds 50 calls, not 60; remove it"):
        Ledgers(whole.parent, (60,)).dsn(60)


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="nonsense"):
        measured("report", "--dsn", "nonsense://")


def test_a_part_that_fails_leaves_no_process_behind(tmp_path: Path) -> None:
    processes: list[int] = []

    def fails() -> None:
        with collecting(tmp_path) as collector:
            processes.extend(map(os.pidfd_open, processes_of(collector)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert processes
    assert all(select.select([process], [], [], 10)[0] for process in processes)
