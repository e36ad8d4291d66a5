"""A page followed in an empty directory: its files written, its commands and cells run."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.first_steps.masks import comparable
from tests.first_steps.newcomer import Newcomer
from tests.first_steps.pages import ROOT, Page, Shown
from tests.first_steps.shell import Shell
from tests.live.environments import python_with

_INSTALLS = re.compile(r"(?:pip|npm) install ")
_ASKS_THE_LEDGER = re.compile(r"otel-costing (?:report|runs|paths|trace) ?")
_BOOKED_SECONDS = 60
"""A call is in the ledger some seconds after its span: until then the answer may be another one."""
_RUN_CELLS = Path(__file__).with_name("run_cells.py")
_RUNS_CELLS = ("nbclient>=0.10", "nbformat>=5.10")
NODE_MODULES = ROOT / ".peers" / "node_modules"


def follow(page: Page, directory: Path, url: str) -> list[str]:
    """Do what a page says, in an empty directory; return what each of `page.shown` said, with the page's ports.

    Args:
        page: its files are written, its packages installed in an environment of its own.
        directory: where.
        url: of the provider.

    Raises:
        NotInstallableError: its packages cannot be had here.
        AssertionError: a command failed.
    """
    runs_cells = _RUNS_CELLS if page.cells else ()
    python = python_with(f"first-steps-{page.name}", (*page.requires, *runs_cells))
    newcomer = Newcomer.of(page.name, directory, url, python.parent)
    for name, text in page.files.items():
        (directory / name).write_text(newcomer.here(text), encoding="utf-8")
    if page.needs_npm:
        (directory / "node_modules").symlink_to(NODE_MODULES, target_is_directory=True)
    with Shell(directory, newcomer.environment) as shell:
        return _all_run(page, shell, newcomer, partial(_run_cells, directory, python))


def _all_run(
    page: Page, shell: Shell, newcomer: Newcomer, run_cells: Callable[[Page, Newcomer], list[str]]
) -> list[str]:
    """Run everything in the page's order; a notebook is run to its end where its first cell stands."""
    said: list[str] = []
    for shown in page.shown:
        if not shown.is_cell:
            said.append(_run(shell, shown, newcomer))
        elif shown == page.cells[0]:
            said += run_cells(page, newcomer)
    return said


def _run(shell: Shell, command: Shown, newcomer: Newcomer) -> str:
    if _INSTALLS.match(command.text):
        return ""
    until_s = time.monotonic() + (_BOOKED_SECONDS if _ASKS_THE_LEDGER.match(command.text) else 0)
    while True:
        ran = shell.run(newcomer.here(command.text))
        said = newcomer.as_on_pages(ran.said)
        assert "Traceback" not in said, said
        as_shown = ran.status == 0 and comparable(said) == comparable(command.said)
        if as_shown or time.monotonic() >= until_s:
            assert ran.status == 0, f"{command.text}\n{said}\n{shell.logs()}"
            return said


def _run_cells(directory: Path, python: Path, page: Page, newcomer: Newcomer) -> list[str]:
    ran = subprocess.run(
        [python, _RUN_CELLS],
        input=json.dumps([cell.text for cell in page.cells]),
        cwd=directory,
        env=newcomer.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    said: list[str] = json.loads(ran.stdout)
    return said
