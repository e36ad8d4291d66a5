"""Who sent what lies in the spool, and what that means for it: also of an identity that is no longer configured.

The spool holds names. What each name stands for is kept beside it, on disk before anything under that name is
accepted, so that what was sent by a token that has been withdrawn since is still its team's. A name is one sender for
good: what is configured under it now holds for all that it sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from otel_costing.evaluations import Evaluation
from otel_costing.examined import Examined
from otel_costing.log_records import LogRecord
from otel_costing.mandatory_tags import TagPolicy
from otel_costing.outcomes import Outcome
from otel_costing.spans import Attributes
from otel_costing_collector.durable_file import sync_directory, write_whole
from otel_costing_collector.identities import LOCAL, Gateway, Identity
from otel_costing_collector.sent_by import (
    achieved_by,
    attributed,
    evaluated_by,
    is_bound,
    with_missing_tags,
)

SENDERS = "senders.json"
"""Below the spool's directory."""
_UNNAMED = "token:"
"""Begins the names of plain tokens, which are bound to nobody."""


class Senders:
    """What every name in the spool stands for. A reload replaces it as a whole, between two requests."""

    def __init__(self, file: Path | None = None) -> None:
        """Read what is known of earlier ones.

        Args:
            file: where it is kept; None to forget with the process.

        Raises:
            ValueError: the file is not one of these.
        """
        self._file = file
        self._known: Mapping[str, Identity] = _read(file) if file else {}
        self._policy: TagPolicy = {}
        self.authorities: frozenset[str] = frozenset()

    def use(self, identities: Iterable[Identity], policy: TagPolicy | None = None) -> None:
        """Take what is configured now, and keep what was.

        Raises:
            OSError: the disk failed; nothing has changed.
        """
        known_now = tuple(identities)
        configured = {one.name: _told_by(one) for one in known_now if not _is_free(one.name)}
        known = {**self._known, **configured}
        if self._file and known != self._known:
            write_whole(self._file, _document(known))
            sync_directory(self._file.parent)
        self._known, self._policy = known, policy or {}
        self.authorities = frozenset(one.name for one in known_now if one.is_authoritative)

    def of(self, name: str) -> Identity:
        """Return what a name stands for. Of one that nobody knows, the data is nobody's."""
        if _is_free(name):
            return Identity(name, frozenset())
        return self._known.get(name) or Identity(name, frozenset(), gateway=Gateway())

    def attributed(
        self, examined: list[Examined], resources: Iterable[Attributes], name: str
    ) -> list[Examined]:
        """Return what the spans of a request say, with the team of their sender and what tags they lack.

        Args:
            examined: of one request.
            resources: that of each span.
            name: who sent the request.
        """
        identity, policy = self.of(name), self._policy
        if not is_bound(identity) and not policy:
            return examined
        return [
            with_missing_tags(attributed(one, resource, identity), policy)
            for one, resource in zip(examined, resources, strict=True)
        ]

    def evaluated(self, evaluation: Evaluation, record: LogRecord, name: str) -> Evaluation:
        """Return what a log record says of a call, with the team of its sender."""
        return evaluated_by(evaluation, record.resource, self.of(name))

    def achieved(self, outcome: Outcome, resource: Attributes, name: str) -> Outcome:
        """Return an outcome that came without a span, with the team of its sender."""
        return achieved_by(outcome, resource, self.of(name))


def _is_free(name: str) -> bool:
    return not name or name == LOCAL.name or name.startswith(_UNNAMED)


def _told_by(identity: Identity) -> Identity:
    """Return what an identity says of what it sends; what it may do is for the door to know."""
    return Identity(identity.name, frozenset(), identity.team, identity.gateway)


def _document(known: Mapping[str, Identity]) -> bytes:
    return json.dumps([_said(one) for one in known.values()], indent=1).encode()


def _said(one: Identity) -> dict[str, Any]:
    gateway = one.gateway and {
        "team_attribute": one.gateway.team_attribute,
        "services": dict(one.gateway.services),
    }
    return {"name": one.name, "team": one.team, "gateway": gateway}


def _read(file: Path) -> dict[str, Identity]:
    try:
        said = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    return {one["name"]: _identity(one) for one in said}


def _identity(said: Mapping[str, Any]) -> Identity:
    gateway = Gateway(**said["gateway"]) if said["gateway"] else None
    return Identity(said["name"], frozenset(), said["team"], gateway)
