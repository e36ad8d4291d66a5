"""Names in a syntax tree: of tables, of what a question calls its own, and those that a parameter gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from otel_costing_collector.sql_endpoint.refusals import bad_request, not_allowed

Node = dict[str, Any]
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 256
"""Column names stand in every row of some formats."""
_IDENTIFIER = "Identifier"
_NAMED = frozenset((_IDENTIFIER, "TableIdentifier"))
_LITERAL = "Literal"
SYSTEM = "system"


def is_plain(name: str) -> bool:
    """Tell whether a name needs no quotes: no path, URL or other thing that the engine may take for a table."""
    return _PLAIN.fullmatch(name) is not None


def nodes_of(tree: Any) -> Iterator[Node]:
    """Yield the nodes of a tree, each before what is below it; a literal's value is none."""
    left = [tree]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left.extend(value)
        elif isinstance(value, dict):
            yield value
            if value.get("type") != _LITERAL:
                left.extend(value.values())


def parts_of(node: Node) -> list[str]:
    """Return the parts of an identifier: `a.b` has two, `` `a.b` `` one."""
    return list(node.get("name_parts") or [node["name"]])


def bind_names(tree: Any, parameters: Mapping[str, str]) -> None:
    """Put the names that parameters of type Identifier give into a tree: what is examined is what runs.

    Raises:
        SqlRefused: a parameter is missing, or no name.
    """
    for node in nodes_of(tree):
        if node.get("type") == "QueryParameter" and node.get("param_type") == _IDENTIFIER:
            name = _given(node, parameters)
            node.clear()
            node.update(type=_IDENTIFIER, name=name)
        elif node.get("type") in _NAMED and node.get("children"):
            _bind(node, parameters)


def _bind(node: Node, parameters: Mapping[str, str]) -> None:
    given = (_given(child, parameters) for child in node.pop("children"))
    parts = [part or next(given, "") for part in parts_of(node)]
    node["name"] = ".".join(parts)
    if len(parts) > 1:
        node["name_parts"] = parts


def _given(node: Node, parameters: Mapping[str, str]) -> str:
    name = node.get("name", "")
    value = parameters.get(name)
    if value is None:
        raise bad_request(f"the parameter {name} is missing")
    if not value or "\\" in value or len(value) > _LONGEST:
        raise bad_request(f"the parameter {name} is no name")
    return value


def own_names(tree: Any) -> frozenset[str]:
    """Return what a question calls its own by `WITH name AS (SELECT ...)`."""
    return frozenset(
        str(node.get("name", "")) for node in nodes_of(tree) if node.get("type") == "WithElement"
    )


def refuse_long_names(node: Node) -> None:
    """Raise `SqlRefused` where a node has a longer name than any needs."""
    for key in ("name", "alias"):
        if len(str(node.get(key, ""))) > _LONGEST:
            raise not_allowed(f"a name of more than {_LONGEST} characters")
