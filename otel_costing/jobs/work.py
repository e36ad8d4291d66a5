"""What every kind of job is: data in, steps out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from otel_costing.clickhouse.store import Store
from otel_costing.progress import Progress
from otel_costing.sources import Source

Content = Mapping[str, Sequence[Source]]
"""What a command reads for the work, by the role it has in it; opened once, when it is its turn."""


class JobRefused(ValueError):  # noqa: N818 - it names what happened to the job, and callers catch it as such
    """It cannot be done as it was asked for; one sentence says why."""


class Result(NamedTuple):
    """What came of it, once and last."""

    document: dict[str, Any]
    """As JSON has it."""


Steps = Generator[Progress | Result, None, None]


def finished(steps: Steps, show: Callable[[Progress], None]) -> dict[str, Any]:
    """Take all steps, telling `show` how far they are, and return the document that came of them."""
    with closing(steps):
        for step in steps:
            if isinstance(step, Result):
                return step.document
            show(step)
    raise AssertionError("the work ended without a result")


def _none(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    del arguments
    return ()


def always(arguments: object) -> bool:
    """Say that some work writes, whatever it is asked."""
    del arguments
    return True


def never(arguments: object) -> bool:
    """Say that it only reads."""
    del arguments
    return False


class Kind(NamedTuple):
    """One kind of work."""

    read: Callable[[Mapping[str, Any]], Any]
    """JSON -> what `run` takes; raises `JobRefused`."""
    run: Callable[[Store, Any, Content, int], Steps]
    """With the ledger, the arguments, the content, and the instant at which it was first asked for, in ns since 1970 UTC."""
    makes_ledger: bool = False
    """Whether a ledger that is missing is made."""
    writes: Callable[[Any], bool] = always
    """What `read` returned -> whether it writes, and so brings a ledger of an earlier version up to this one."""
    secrets_of: Callable[[Mapping[str, Any]], tuple[str, ...]] = _none
    """Arguments -> the names of those that may say a password, and are kept on no disk."""
