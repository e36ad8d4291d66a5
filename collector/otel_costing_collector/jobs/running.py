"""One job from its beginning to its end, watched, and given up between two statements where it is told to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Self

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.jobs.kinds import KINDS
from otel_costing.jobs.work import Content, JobRefused, finished
from otel_costing.progress import Progress
from otel_costing_collector.jobs.record import Job, State

_log = logging.getLogger(__name__)


class GivenUp(Exception):  # noqa: N818 - it is an outcome
    """It was told to end before it was done."""


class StoppableStore(Store):
    """A handle on the ledger that asks and books nothing more once it is told so."""

    _given_up = threading.Event()

    def until(self, given_up: threading.Event) -> Self:
        """Return it, bound to what tells it."""
        self._given_up = given_up
        return self

    def book(self, batch: SealedBatch) -> Booked:
        """Write what is new, if it goes on."""
        self.go_on()
        return super().book(batch)

    def query(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Answer, if it goes on."""
        self.go_on()
        return super().query(name, parameters)

    def go_on(self) -> None:
        """Do nothing, or end here.

        Raises:
            GivenUp: it was told so.
        """
        if self._given_up.is_set():
            raise GivenUp


def ended(
    job: Job,
    content: Content,
    dsn: str,
    *,
    given_up: threading.Event,
    show: Callable[[Progress], None],
) -> Job:
    """Run a job and return it as it ended.

    Args:
        job: which.
        content: what it reads.
        dsn: where the ledger is.
        given_up: set where it is to end early.
        show: told how far it is.

    Raises:
        GivenUp: it ended early; what it booked stays booked.
    """
    try:
        return _worked_off(job, content, dsn, given_up, show)
    except (StoreUnavailable, JobRefused) as refused:
        return job.became(State.FAILED, reason=str(refused))
    except GivenUp:
        raise
    except Exception as failed:  # noqa: BLE001 - a mistake of ours with one job must not end those after it
        _log.exception("a job failed", extra={"job": job.id, "kind": job.order.kind})
        return job.became(State.FAILED, reason=f"it failed: {type(failed).__name__}")


def _worked_off(
    job: Job,
    content: Content,
    dsn: str,
    given_up: threading.Event,
    show: Callable[[Progress], None],
) -> Job:
    kind = KINDS[job.order.kind]
    arguments = kind.read(job.order.arguments)
    opened = StoppableStore.open(dsn, create=kind.makes_ledger, bring_up=kind.writes(arguments))
    with opened.until(given_up) as store:

        def show_if_it_goes_on(progress: Progress) -> None:
            store.go_on()
            show(progress)

        steps = kind.run(store, arguments, content, job.asked_ns)
        return job.became(State.DONE, result=finished(steps, show_if_it_goes_on))
