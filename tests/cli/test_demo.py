"""`otel-costing demo`, whole, as a person sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(
    find_spec("openai") is None, reason="the extra `demo` is not installed"
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo prints; in a process of its own, as its ledger is."""
    directory = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "otel_costing.cli",
            "demo",
            "--directory",
            str(directory),
            "--tickets",
            "3",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (directory / "ledger").is_dir()
    return done.stdout


def test_the_total_is_the_same_from_every_side(shown: str) -> None:
    (whole,) = re.findall(r"by service = ([0-9.]+) USD", shown)
    totals = re.findall(r"^total +\d+ +[\d.]+ +([0-9.]+)$", shown, re.MULTILINE)

    assert len(totals) == 4
    assert {total.rstrip("0") for total in totals} == {whole.rstrip("0")}


@pytest.mark.parametrize(
    "said",
    [
        "caller pays",
        "owner pays",
        "nightly-eval",
        "» content-ai",
        "» search-platform",
        "unknown_model",
        "no_usage",
        "unattributed",
        "0 booked",
        "scores --by model",
        "outcomes --by workflow",
        "export OTEL_COSTING_DSN=chdb://",
    ],
)
def test_it_shows_what_the_ledger_knows(shown: str, said: str) -> None:
    assert said in shown


def test_no_line_of_a_table_is_wider_than_80_columns(shown: str) -> None:
    lines = [line for line in shown.splitlines() if not line.startswith("  ")]

    assert max(map(len, lines)) <= 80
