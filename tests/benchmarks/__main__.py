"""`python -m tests.benchmarks [AREA ...]`: every figure with its spread, beside a peer or a floor and its aim."""

from __future__ import annotations

import gc
import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.benchmarks.areas import AREAS
from tests.benchmarks.as_json import document, results_of
from tests.benchmarks.bench import Bench
from tests.benchmarks.ledgers import SIZES, SIZES_SHORT, Ledgers, calls_once_ready
from tests.benchmarks.machine import this_machine
from tests.benchmarks.page import with_results
from tests.benchmarks.reasons import reasons_of
from tests.benchmarks.results import Results
from tests.benchmarks.suite import run

DOCS = Path(__file__).parents[2] / "docs"
PAGE, DOCUMENT = DOCS / "benchmarks.md", DOCS / "benchmarks.json"
REASONS = Path(__file__).parent / "reasons.yaml"


@click.command(context_settings={"max_content_width": 100})
@click.argument("areas", nargs=-1, type=click.Choice([area.name for area in AREAS]))
@click.option("--short", is_flag=True, help="Little of everything, in under a minute, not judged.")
@click.option("--write", is_flag=True, help=f"Write docs/{PAGE.name} and its JSON.")
@click.option(
    "--page", is_flag=True, help=f"Only write docs/{PAGE.name} from docs/{DOCUMENT.name}."
)
@click.option("--ledger", "ledgers", multiple=True, help="A ledger to ask instead of making one.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make ledgers here and leave them; else they are removed.",
)
def main(
    areas: tuple[str, ...],
    *,
    short: bool,
    write: bool,
    page: bool,
    ledgers: tuple[str, ...],
    keep: Path | None,
) -> None:
    """Measure AREAs, or all of them: price, rates, spans, ...

    Leaves with status 1 where an area could not be measured, whatever the figures are.
    """
    if write and short:
        raise click.UsageError(f"docs/{PAGE.name} takes no short run: either --short or --write.")
    if page:
        _write_page()
        return
    # A run that is told to end ends what it started first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    if write and areas:
        _refuse_another_machine()
    results = _measured(areas, short=short, given=ledgers, keep=keep)
    if write:
        _write(results.in_place_of(_former()) if areas else results)
        _write_page()
    _leave(results)


def _measured(
    names: tuple[str, ...], *, short: bool, given: tuple[str, ...], keep: Path | None
) -> Results:
    chosen = [area for area in AREAS if not names or area.name in names]
    with ExitStack() as stack:
        directory = keep or Path(stack.enter_context(TemporaryDirectory()))
        dsns = {calls_once_ready(dsn): dsn for dsn in given}
        bench = Bench(short, Ledgers(directory, SIZES_SHORT if short else SIZES, dsns))
        gc.collect()
        gc.freeze()  # what libraries brought along is not ours to look through again and again
        return run(chosen, bench, click.echo)


def _refuse_another_machine() -> None:
    """Raise a usage error where nothing is written down yet, or what is was measured elsewhere."""
    if not DOCUMENT.exists() or _former().machine != this_machine():
        raise click.UsageError(
            f"docs/{DOCUMENT.name} has no figures of this machine and these versions: write all areas."
        )


def _former() -> Results:
    return results_of(json.loads(DOCUMENT.read_text(encoding="utf-8")))


def _write(results: Results) -> None:
    DOCUMENT.write_text(json.dumps(document(results), indent=1) + "\n", encoding="utf-8")


def _write_page() -> None:
    """Write the page from the document alone, so that the two agree."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_results(page, _former(), reasons_of(REASONS)), encoding="utf-8")


def _leave(results: Results) -> None:
    failed = [area.name for area in results.areas if area.failed]
    if failed:
        sys.exit(f"not measured whole: {', '.join(failed)}")


if __name__ == "__main__":
    main()
