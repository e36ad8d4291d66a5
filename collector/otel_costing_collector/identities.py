"""Who speaks to the collector, and what they may do: pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
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


class Gateway(NamedTuple):
    """How a sender that forwards for many teams says whose data it is. The attribute goes before the table."""

    team_attribute: str = ""
    """A resource attribute that the gateway itself sets to the team; empty for none."""
    services: Mapping[str, str] = MappingProxyType({})
    """Teams by `service.name`."""


class Identity(NamedTuple):
    """Whoever presented a token, or nobody in particular."""

    name: str
    """What the spool and the ledger's `sender` hold; empty where nobody must say who they are."""
    permissions: frozenset[Permission]
    team: str = ""
    """Whose data it sends and may read; empty where the token is bound to no team."""
    gateway: Gateway | None = None
    """Set where its data is of many teams."""
    is_authoritative: bool = False
    """Whether its record of a call stands for those of other teams."""

    def may(self, permission: Permission) -> bool:
        """Tell whether it is allowed; who may read all may read a team's."""
        if permission is Permission.READ_TEAM and Permission.READ_ALL in self.permissions:
            return True
        return permission in self.permissions


ANYBODY = Identity("", frozenset((Permission.SEND, Permission.READ_ALL)))
"""Where no token is configured: the doors are this machine's own, and jobs ask for the local token still."""
LOCAL = Identity("local", frozenset(Permission))
"""Whoever can read the directory of the ledger that the collector holds."""
