"""Who speaks, by the token they present: kept as digests, compared in constant time, never logged."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from copy import copy

from otel_costing.problems import Problem
from otel_costing_collector.identities import ANYBODY, LOCAL, Identity, Permission
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.token_file import Known, known_tokens

_SHORTEST = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Source: RFC 6750 section 2.1."""
CHALLENGE = 'Bearer realm="otel-costing"'


class Tokens:
    """The tokens that are admitted, as digests; none at all admits everyone."""

    def __init__(self, tokens: Iterable[str] = (), known: Iterable[Known] = ()) -> None:
        """Take them.

        Args:
            tokens: plain ones, of senders who say no more of themselves.
            known: those of named identities.
        """
        plain = [(_digest(token), _unnamed(token)) for token in tokens]
        self._identities = dict([*plain, *((one.sha256, one.identity) for one in known)])
        self._local = b""

    def __bool__(self) -> bool:
        return bool(self._identities)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All of them, by name, each once."""
        by_name = {one.name: one for one in self._identities.values()}
        return tuple(by_name[name] for name in sorted(by_name))

    def with_local(self, token: str) -> Tokens:
        """Return these and one that allows everything, for as long as the process runs."""
        more = copy(self)
        more._local = _digest(token)  # noqa: SLF001 - of its own kind, and not shared yet
        return more

    def identity_of(self, authorization: str | None) -> Identity:
        """Return who presents this `Authorization` header.

        Raises:
            Refused: it is no token that is admitted.
        """
        scheme, _, presented = (authorization or "").strip().partition(" ")
        digest = _digest(presented.strip())
        if scheme.lower() == "bearer" and hmac.compare_digest(digest, self._local):
            return LOCAL
        if not self._identities:
            return ANYBODY
        # Every digest is compared, so that the time says nothing about which one was close.
        equal = [
            one for known, one in self._identities.items() if hmac.compare_digest(digest, known)
        ]
        if scheme.lower() != "bearer" or not equal:
            raise Refused(
                Reason.UNAUTHENTICATED,
                "a bearer token that is admitted here is needed; `otel-costing collect token` makes one",
            )
        return equal[0]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _unnamed(token: str) -> Identity:
    return Identity(f"token:{_digest(token).hex()[:12]}", frozenset({Permission.SEND}))


def tokens_from(file: str, variable: str, problems: list[Problem]) -> Tokens:
    """Read the named tokens of a file, and the plain ones of an environment variable, by commas.

    Args:
        file: its path; empty for none. `token_file` says what it holds.
        variable: its name; empty for none.
        problems: takes what is wrong; never with a token in it.
    """
    plain = _of_variable(variable, problems)
    for token in plain:
        if len(token) < _SHORTEST or not _TOKEN.fullmatch(token):
            what = f"a token has at least {_SHORTEST} letters, digits or any of ._~+/-="
            problems.append(Problem(variable, what))
    return Tokens(plain, known_tokens(file, problems) if file else ())


def _of_variable(variable: str, problems: list[Problem]) -> list[str]:
    if not variable:
        return []
    found = [token.strip() for token in os.environ.get(variable, "").split(",") if token.strip()]
    if not found:
        problems.append(Problem(variable, "this environment variable holds no token; set it"))
    return found
