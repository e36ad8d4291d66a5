"""Who speaks to the collector, and what they may do: pure."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Permission(StrEnum):
    """What a token allows."""

    SEND = "send"
    READ_TEAM = "read:team"
    """The costs of its own team, through the REST API."""
    READ_ALL = "read:all"
    """Everything, SQL too: an embedded engine has no row security."""
    ADMIN = "admin"
    """Jobs that write: ingest, settle, and what corrects."""


class Identity(NamedTuple):
    """Whoever presented a token, or nobody in particular."""

    name: str
    """What the spool and the ledger's `sender` hold; empty where nobody must say who they are."""
    permissions: frozenset[Permission]
    team: str = ""
    """Whose data it sends and may read; empty where the token is bound to no team."""

    def may(self, permission: Permission) -> bool:
        """Tell whether it is allowed; who may read all may read a team's."""
        if permission is Permission.READ_TEAM and Permission.READ_ALL in self.permissions:
            return True
        return permission in self.permissions


ANYBODY = Identity("", frozenset((Permission.SEND, Permission.READ_ALL)))
"""Where no token is configured: the doors are this machine's own, and jobs ask for the local token still."""
