"""Runs the demo's processes once, sends them work, and says what came of it."""

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
from otel_costing.demo.processes import DemoError, Listener, Process, started
from otel_costing.demo.served import Served
from otel_costing.demo.tickets import tickets as first_tickets

Progress = Callable[[str, int, int], None]
"""Called with what is being done, and how many of how many steps are behind it."""

SERVICES = ("assistant", "retrieval", "drafting")
BACKENDS = ("receiver", "providers")
READY_SECONDS = 60.0
ANSWER_SECONDS = 60.0
JUDGED_ANSWERS = 3
MAIL_SUBJECTS = ("Blender leaks", "Toaster lever broken", "Invoice for my kettle")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """One finished run: what was asked, what was billed, and where the telemetry lies."""

    otlp_dir: Path
    """Holds one OTLP protobuf request a file."""
    started_at: datetime
    ended_at: datetime
    answers: tuple[Answer, ...]
    """In the order of the requests."""
    served: tuple[Served, ...]
    """What the providers answered, and would bill, in order."""

    @property
    def trace_ids(self) -> tuple[str, ...]:
        """The trace of each ticket, in order."""
        return tuple(answer.trace_id for answer in self.answers if answer.request == "tickets")

    @property
    def receipts(self) -> dict[str, Decimal]:
        """The receipt of each request, by its trace."""
        return {answer.trace_id: answer.receipt_usd for answer in self.answers}


def run_services(directory: Path, tickets: int = 8, *, progress: Progress | None = None) -> DemoRun:
    """Start five processes, resolve `tickets` tickets, judge and sort some more, and stop them all.

    Args:
        directory: made if it is missing; gets `otlp/` and `logs/`.
        tickets: how many customers ask.
        progress: called before each step, and at the end.

    Raises:
        DemoError: a process did not start, answer or stop as it should, or something of ours
            reached a provider. No process is left behind, whatever is raised.
    """
    otlp_dir, started_at = directory / "otlp", datetime.now(UTC)
    tell = progress or _tell_nobody
    steps = tickets + 3
    tell("starting services", 0, steps)
    with _running(directory / "logs", otlp_dir) as processes:
        answers = tuple(_drive(processes["assistant"], tickets, lambda w, n: tell(w, n, steps)))
        served = _served(processes["providers"])
        tell("flushing spans", tickets + 2, steps)
        # Services first: what they flush must find the receiver still there.
        _stop([processes[name] for name in SERVICES])
        _stop([processes[name] for name in BACKENDS])
    _check_nothing_leaked(served)
    tell("done", steps, steps)
    return DemoRun(
        otlp_dir=otlp_dir,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        answers=answers,
        served=served,
    )


@contextmanager
def _running(logs: Path, otlp_dir: Path) -> Iterator[Mapping[str, Process]]:
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        listeners = {name: Listener() for name in (*BACKENDS, *SERVICES)}
        for listener in listeners.values():
            stack.enter_context(listener.socket)
        urls = {name: listener.url for name, listener in listeners.items()}
        variables = environment.of_processes(os.environ, urls, otlp_dir)
        processes = {
            name: stack.enter_context(started(name, listener, variables, logs / f"{name}.log"))
            for name, listener in listeners.items()
        }
        deadline = time.monotonic() + READY_SECONDS
        for process in processes.values():
            process.wait_ready(deadline)
        yield processes


def _drive(assistant: Process, tickets: int, tell: Callable[[str, int], None]) -> Iterator[Answer]:
    texts: list[str] = []
    with httpx2.Client(base_url=assistant.url, timeout=ANSWER_SECONDS, trust_env=False) as client:
        for done, ticket in enumerate(first_tickets(tickets)):
            tell(f"ticket {ticket.number} of {tickets}", done)
            answer = _post(client, assistant, "tickets", ticket._asdict())
            texts.append(answer.text)
            yield answer
        tell("sorting mail", tickets)
        yield _post(client, assistant, "triage", {"subjects": MAIL_SUBJECTS})
        tell("judging answers", tickets + 1)
        yield _post(client, assistant, "evaluations", {"answers": texts[:JUDGED_ANSWERS]})


def _post(
    client: httpx2.Client, assistant: Process, request: str, body: Mapping[str, Any]
) -> Answer:
    try:
        content = client.post(f"/{request}", json=body).raise_for_status().json()
    except httpx2.HTTPError as error:
        raise assistant.failed(f"did not answer /{request} ({error})") from error
    return Answer(request, content["trace_id"], Decimal(content["usd"]), content.get("answer", ""))


def _served(providers: Process) -> tuple[Served, ...]:
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
