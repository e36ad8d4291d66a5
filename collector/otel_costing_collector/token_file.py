"""The file of tokens: who each is, by its digest, and what it may do. YAML -> identities, or all that is wrong.

Nothing that stands in it is repeated in a message: somebody may have written a token where a digest belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from otel_costing.attribution import clean
from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import Listed, Mapped, Scalar, Value, read_yaml
from otel_costing.rate_book.yaml_fields import Fields
from otel_costing_collector.identities import LOCAL, Gateway, Identity, Permission

_KEYS = {"name": True, "sha256": True, "scopes": True, "team_from": False, "services": False}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEAM = "team:"
_GATEWAY = "gateway"
_AUTHORITATIVE = "authoritative"
SCOPES = (f"{_TEAM}NAME", _GATEWAY, _AUTHORITATIVE, *Permission)
_MAKE_ONE = "`otel-costing collect token` makes one and prints what to write"


class Known(NamedTuple):
    """One token that is admitted."""

    sha256: bytes
    identity: Identity


def known_tokens(file: str, problems: list[Problem]) -> list[Known]:
    """Read a file of tokens.

    Args:
        file: its path.
        problems: takes everything that is wrong with it.
    """
    document = read_yaml(Path(file), problems, quotes=False)
    return [] if document is None else known_in(document, file, problems)


def known_in(document: Value, name: str, problems: list[Problem]) -> list[Known]:
    """Return the tokens of a document; `name` stands in the problems' places."""
    fields = Fields(name, problems, quotes=False)
    if not isinstance(document, Listed):
        fields.wrong(
            document,
            f"is a list of tokens by name, sha256 and scopes, no longer of plain tokens; {_MAKE_ONE}",
        )
        return []
    if not document.values:
        fields.wrong(document, f"holds no token; {_MAKE_ONE}")
    read = [(value, one) for value in document.values if (one := _known(value, fields))]
    _refuse_contradictions(read, fields)
    return [one for _, one in read]


def _known(value: Value, fields: Fields) -> Known | None:
    if isinstance(value, Scalar):
        fields.wrong(value, f"a token is a mapping of name, sha256 and scopes; {_MAKE_ONE}")
        return None
    found = fields.of(value, "a token", _KEYS)
    if found is None:
        return None
    name = _matched(found["name"], _NAME, fields, "name is up to 64 letters, digits, `.`, `_`, `-`")
    digest = _matched(
        found["sha256"], _SHA256, fields, "sha256 is the 64 hex digits of the token's SHA-256"
    )
    scopes = _scopes(found["scopes"], fields)
    identity = _identity(name, scopes, _gateway(found, fields))
    for problem in _wrong_together(scopes, identity, found):
        fields.wrong(found["scopes"], problem)
    if name == LOCAL.name:
        fields.wrong(found["name"], f"name is not {LOCAL.name!r}, which stands for this machine")
    return Known(bytes.fromhex(digest), identity) if name and digest else None


def _matched(value: Value, pattern: re.Pattern[str], fields: Fields, what: str) -> str:
    if isinstance(value, Scalar) and pattern.fullmatch(value.text):
        return value.text
    fields.wrong(value, what)
    return ""


def _scopes(value: Value, fields: Fields) -> list[str]:
    if not isinstance(value, Listed) or not value.values:
        fields.wrong(value, f"scopes is a list of {', '.join(SCOPES)}")
        return []
    return [scope for one in value.values if (scope := _scope(one, fields))]


def _scope(value: Value, fields: Fields) -> str:
    text = value.text if isinstance(value, Scalar) else ""
    is_team = text.startswith(_TEAM) and clean(text) == text != _TEAM
    if not is_team and text not in SCOPES[1:]:
        fields.wrong(value, f"each of scopes is one of {', '.join(SCOPES)}")
        return ""
    return text


def _identity(name: str, scopes: list[str], gateway: Gateway) -> Identity:
    teams = [scope.removeprefix(_TEAM) for scope in scopes if scope.startswith(_TEAM)]
    granted = frozenset(Permission(scope) for scope in scopes if scope in set(Permission))
    return Identity(
        name,
        # What says whose data a token sends would be idle with a token that may do nothing.
        granted or frozenset((Permission.SEND,)),
        teams[0] if teams else "",
        gateway if _GATEWAY in scopes else None,
        _AUTHORITATIVE in scopes,
    )


def _gateway(found: dict[str, Value], fields: Fields) -> Gateway:
    attribute = ""
    if "team_from" in found:
        source = fields.of(found["team_from"], "team_from", {"resource_attribute": True}) or {}
        attribute = fields.text(source.get("resource_attribute"), "resource_attribute")
    return Gateway(attribute, dict(_services(found.get("services"), fields)))


def _services(value: Value | None, fields: Fields) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not isinstance(value, Mapped) or not value.fields:
        fields.wrong(value, "services is a mapping of service names to teams")
        return
    for service, held in value.fields.items():
        if team := clean(fields.text(held, "the team of a service")):
            yield service, team


def _wrong_together(
    scopes: list[str], identity: Identity, found: dict[str, Value]
) -> Iterator[str]:
    teams = {scope for scope in scopes if scope.startswith(_TEAM)}
    told = bool({"team_from", "services"} & found.keys())
    if len(teams) > 1:
        yield "a token is bound to one team; make one for each"
    if teams and identity.gateway:
        yield "a token is of one team or a gateway's, not both"
    if identity.gateway and not told:
        yield "a gateway needs team_from, services or both, to say whose data it sends"
    if told and not identity.gateway:
        yield "team_from and services are for the scope gateway; add it, or leave them out"
    if Permission.READ_TEAM in identity.permissions and not teams:
        yield "read:team needs the team: add team:NAME"
    if Permission.SEND not in identity.permissions and (
        identity.gateway or identity.is_authoritative
    ):
        yield "gateway and authoritative are about what is sent; add send"


def _refuse_contradictions(read: list[tuple[Value, Known]], fields: Fields) -> None:
    """Refuse one token given twice, and two of one name that differ in more than the token."""
    tokens: set[bytes] = set()
    identities: dict[str, Identity] = {}
    for value, one in read:
        if one.sha256 in tokens:
            fields.wrong(value, "this sha256 stands above already; a token has one name")
        tokens.add(one.sha256)
        if identities.setdefault(one.identity.name, one.identity) != one.identity:
            fields.wrong(
                value, "two tokens of one name are one sender: give both the same scopes and teams"
            )
