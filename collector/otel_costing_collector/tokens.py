"""Who may send: static bearer tokens, compared in constant time, never logged."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from pathlib import Path

from otel_costing.problems import Problem
from otel_costing_collector.identities import ANYBODY, Identity, Permission
from otel_costing_collector.refusals import Reason, Refused

_SHORTEST = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Source: RFC 6750 section 2.1."""
CHALLENGE = 'Bearer realm="otel-costing"'


class Tokens:
    """The tokens that are admitted, as digests; none at all admits everyone."""

    def __init__(self, tokens: tuple[str, ...] = ()) -> None:
        self._digests = tuple(dict.fromkeys(_digest(token) for token in tokens))

    def __bool__(self) -> bool:
        return bool(self._digests)

    def identity_of(self, authorization: str | None) -> Identity:
        """Return who presents this `Authorization` header.

        Raises:
            Refused: it is no token that is admitted.
        """
        if not self._digests:
            return ANYBODY
        scheme, _, presented = (authorization or "").strip().partition(" ")
        digest = _digest(presented.strip())
        # Every digest is compared, so that the time says nothing about which one was close.
        equal = [hmac.compare_digest(digest, known) for known in self._digests]
        if scheme.lower() != "bearer" or not any(equal):
            raise Refused(Reason.UNAUTHENTICATED, "a bearer token that is admitted here is needed")
        return Identity(f"token:{digest.hex()[:12]}", frozenset({Permission.SEND}))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def tokens_from(file: str, variable: str, problems: list[Problem]) -> Tokens:
    """Read the tokens of a file, one a line, `#` begins a comment, or of an environment variable, by commas.

    Args:
        file: its path; empty for none.
        variable: its name; empty for none.
        problems: takes what is wrong; never with a token in it.
    """
    placed = [*_of_file(file, problems), *_of_variable(variable, problems)]
    for place, token in placed:
        if len(token) < _SHORTEST or not _TOKEN.fullmatch(token):
            problems.append(
                Problem(
                    place, f"a token has at least {_SHORTEST} letters, digits or any of ._~+/-="
                )
            )
    return Tokens(tuple(token for _, token in placed))


def _of_file(file: str, problems: list[Problem]) -> list[tuple[str, str]]:
    if not file:
        return []
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, f"cannot be read as tokens: {_cause(error)}"))
        return []
    bare = [(number, line.partition("#")[0].strip()) for number, line in enumerate(lines, start=1)]
    found = [(f"{file}:{number}", token) for number, token in bare if token]
    if not found:
        problems.append(Problem(file, "holds no token; write one a line"))
    return found


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8"


def _of_variable(variable: str, problems: list[Problem]) -> list[tuple[str, str]]:
    if not variable:
        return []
    found = [token.strip() for token in os.environ.get(variable, "").split(",") if token.strip()]
    if not found:
        problems.append(Problem(variable, "this environment variable holds no token; set it"))
    return [(variable, token) for token in found]
