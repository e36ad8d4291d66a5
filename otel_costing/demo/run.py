"""Runs the demo's processes once, sends them work, kills the collector amid it, and says what came of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from otel_costing.demo import environment
from otel_costing.demo.collecting import Collector
from otel_costing.demo.processes import DemoError, Listener, Process, Service, serving
from otel_costing.demo.served import Served
from otel_costing.demo.tickets import tickets as first_tickets

Progress = Callable[[str, int, int], None]
"""Called with what is being done, and how many of how many steps are behind it."""

SERVICES = ("assistant", "retrieval", "drafting")
READY_SECONDS = 60.0
ANSWER_SECONDS = 60.0
BOOKED_SECONDS = 60.0
JUDGED_ANSWERS = 3
MAIL_SUBJECTS = ("Blender leaks", "Toaster lever broken", "Invoice for my kettle")
_OTHER_STEPS = 5
"""Besides tickets: starting, mail, judging, flushing, booking."""


class Answer(NamedTuple):
    """What the assistant said to one request."""

    request: str
    """`tickets`, `evaluations` or `triage`."""
    trace_id: str
    """Lowercase hex."""
    receipt_usd: Decimal
    """What the request cost in the assistant's own process, as its receipt had it."""
    text: str
    """Empty where a request has no answer in words."""


class Kill(NamedTuple):
    """How the collector was killed."""

    after_tickets: int
    waiting: int
    """Requests that it had acknowledged and not booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """One finished run: what was asked, what was billed, and where the ledger is."""

    dsn: str
    """Of the embedded ledger; the collector holds it until the run is left."""
    sql_url: str
    """Where the collector answers in SQL until then."""
    started_at: datetime
    answers: tuple[Answer, ...]
    """In the order of the requests."""
    served: tuple[Served, ...]
    """What the providers answered, and would bill, in order."""
    kill: Kill

    @property
    def trace_ids(self) -> tuple[str, ...]:
        """The trace of each ticket, in order."""
        return tuple(answer.trace_id for answer in self.answers if answer.request == "tickets")

    @property
    def receipts(self) -> dict[str, Decimal]:
        """The receipt of each request, by its trace."""
        return {answer.trace_id: answer.receipt_usd for answer in self.answers}


@contextmanager
def finished_run(
    directory: Path, tickets: int = 8, *, progress: Progress | None = None
) -> Iterator[DemoRun]:
    """Resolve `tickets` tickets, judge and sort some more, and yield once all of it is booked.

    The services are gone by then. The collector, which was killed amid the tickets and started again, is there to be
    asked, and is stopped when the run is left.

    Args:
        directory: made if it is missing; gets `ledger/`, `spool/` and `logs/`.
        tickets: how many customers ask; two or more.
        progress: called before each step, and at the end.

    Raises:
        DemoError: a process did not start, answer or stop as it should, or something of ours
            reached a provider. No process is left behind, whatever is raised.
    """
    started_at, steps = datetime.now(UTC), tickets + _OTHER_STEPS
    show = progress or _tell_nobody

    def tell(what: str, done: int) -> None:
        show(what, done, steps)

    tell("starting", 0)
    with ExitStack() as stack:
        collector = _collector(directory, stack)
        with _services(directory / "logs", collector.otlp_url) as services:
            kill, answers = _work(services["assistant"], collector, tickets, tell)
            tell("flushing spans", tickets + 3)
            _stop([services[name] for name in SERVICES])
            tell("booking", tickets + 4)
            collector.wait_booked(time.monotonic() + BOOKED_SECONDS)
            served = _served(services["providers"])
            _stop([services["providers"]])
        _check_nothing_leaked(served)
        tell("done", steps)
        yield DemoRun(
            dsn=collector.dsn,
            sql_url=collector.sql_url,
            started_at=started_at,
            answers=answers,
            served=served,
            kill=kill,
        )
        collector.stop()


def _collector(directory: Path, stack: ExitStack) -> Collector:
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    collector = Collector(directory, logs, environment.of_processes(os.environ), stack)
    collector.start()
    collector.wait_ready(time.monotonic() + READY_SECONDS)
    return collector


@contextmanager
def _services(logs: Path, otlp_url: str) -> Iterator[Mapping[str, Service]]:
    with ExitStack() as stack:
        listeners = {name: Listener() for name in ("providers", *SERVICES)}
        for listener in listeners.values():
            stack.enter_context(listener.socket)
        urls = {name: listener.url for name, listener in listeners.items()}
        variables = environment.of_services(os.environ, {**urls, "collector": otlp_url})
        services = {
            name: stack.enter_context(serving(name, listener, variables, logs / f"{name}.log"))
            for name, listener in listeners.items()
        }
        deadline = time.monotonic() + READY_SECONDS
        for service in services.values():
            service.wait_ready(deadline)
        yield services


def _work(
    assistant: Service, collector: Collector, tickets: int, tell: Callable[[str, int], None]
) -> tuple[Kill, tuple[Answer, ...]]:
    """Send all work; kill the collector after half of the tickets, and start it again while the others go on."""
    answers, half = [], tickets // 2
    for answer in _drive(assistant, tickets, tell):
        answers.append(answer)
        if len(answers) == half:
            tell("killing the collector", half + 1)
            kill = Kill(half, collector.kill_amid_work(time.monotonic() + READY_SECONDS))
            collector.start()
    collector.wait_ready(time.monotonic() + READY_SECONDS)
    return kill, tuple(answers)


def _drive(assistant: Service, tickets: int, tell: Callable[[str, int], None]) -> Iterator[Answer]:
    texts: list[str] = []
    with httpx2.Client(base_url=assistant.url, timeout=ANSWER_SECONDS, trust_env=False) as client:
        for done, ticket in enumerate(first_tickets(tickets), start=1):
            tell(f"ticket {ticket.number} of {tickets}", done)
            answer = _post(client, assistant, "tickets", ticket._asdict())
            texts.append(answer.text)
            yield answer
        tell("sorting mail", tickets + 1)
        yield _post(client, assistant, "triage", {"subjects": MAIL_SUBJECTS})
        tell("judging answers", tickets + 2)
        yield _post(client, assistant, "evaluations", {"answers": texts[:JUDGED_ANSWERS]})


def _post(
    client: httpx2.Client, assistant: Service, request: str, body: Mapping[str, Any]
) -> Answer:
    try:
        content = client.post(f"/{request}", json=body).raise_for_status().json()
    except httpx2.HTTPError as error:
        raise assistant.failed(f"did not answer /{request} ({error})") from error
    return Answer(request, content["trace_id"], Decimal(content["usd"]), content.get("answer", ""))


def _served(providers: Service) -> tuple[Served, ...]:
    answers = httpx2.get(f"{providers.url}/served", trust_env=False).raise_for_status().json()
    return tuple(Served(**{**answer, "carried": tuple(answer["carried"])}) for answer in answers)


def _check_nothing_leaked(served: Sequence[Served]) -> None:
    leaked = sorted({f"{name} to {answer.path}" for answer in served for name in answer.carried})
    if leaked:
        raise DemoError("these headers reached a provider: " + ", ".join(leaked))


def _stop(processes: Sequence[Process]) -> None:
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.wait_stopped()


def _tell_nobody(_what: str, _done: int, _steps: int) -> None:
    """Keep quiet."""
