"""A job: what was asked for, how far it is, and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from otel_costing.progress import Progress

_MOST_ATTEMPTS = 3


class State(StrEnum):
    """Where a job is; the last three are for good."""

    RECEIVING = "receiving"
    """Its content is on the way."""
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it changes no more."""
        return self in {State.DONE, State.FAILED, State.CANCELLED}


class Part(NamedTuple):
    """A piece of content that the command sends."""

    role: str
    name: str
    version: str
    """Which file it is and as of when, or something that no other has."""


class Order(NamedTuple):
    """What is asked for. Two equal ones at a time are one job."""

    kind: str
    database: str
    """In the directory that the collector holds."""
    arguments: Mapping[str, Any]
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """What equal ones share."""
        return hashlib.sha256(json.dumps(self, sort_keys=True).encode()).hexdigest()


class Received(NamedTuple):
    """How much of a part is here, on disk."""

    bytes: int = 0
    is_whole: bool = False
    cut_short: str = ""
    """Why the command could not read on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One of them, at one moment."""

    id: str
    order: Order
    asked_ns: int
    """When it was asked for, nanoseconds since 1970 UTC; an attempt after a crash counts from here too."""
    state: State
    attempts: int = 0
    """How often it was begun."""
    progress: Progress | None = None
    result: Mapping[str, Any] | None = None
    reason: str = ""
    """Why it failed."""
    secrets: tuple[str, ...] = ()
    """The arguments that are in memory alone."""

    @property
    def hindrance(self) -> str:
        """Why it cannot be begun any more; empty where it can."""
        if self.attempts >= _MOST_ATTEMPTS:
            return f"it was cut short {_MOST_ATTEMPTS} times"
        lost = [name for name in self.secrets if name not in self.order.arguments]
        if lost:
            return (
                f"its {' and '.join(lost)}, kept on no disk, was lost when the collector stopped; "
                "run the same command again"
            )
        return ""

    def became(self, state: State, **more: Any) -> Job:
        """Return it in another state; of one that has ended nobody needs the arguments, which may be long."""
        order = self.order._replace(arguments={}) if state.is_final else self.order
        return replace(self, state=state, order=order, **more)

    def document(self) -> dict[str, Any]:
        """Return what those who ask are told; the arguments may name customers, and are not."""
        return {
            "id": self.id,
            "kind": self.order.kind,
            "state": self.state.value,
            "progress": None if self.progress is None else self.progress._asdict(),
            "result": self.result,
            "reason": self.reason or None,
        }


def packed(job: Job) -> bytes:
    """Return a job as it is kept, without its secrets; how far it is, is known of a running one only."""
    kept = {
        name: getattr(job, name)
        for name in ("id", "asked_ns", "state", "attempts", "result", "reason", "secrets")
    }
    told = job.order.arguments.items()
    order = job.order._replace(
        arguments={name: value for name, value in told if name not in job.secrets}
    )
    return json.dumps({**kept, "order": order._asdict()}).encode()


def unpacked(kept: bytes) -> Job:
    """Return what `packed` kept."""
    read = json.loads(kept)
    order = read.pop("order")
    parts = tuple(Part(*part) for part in order.pop("parts"))
    state, secrets = State(read.pop("state")), tuple(read.pop("secrets"))
    return Job(**read, state=state, secrets=secrets, order=Order(**order, parts=parts))
