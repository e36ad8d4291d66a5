"""A syntax tree against the policy: pure. What passes is one question over tables that may be read, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing_collector.sql_endpoint.names import (
    SYSTEM,
    Node,
    bind_names,
    is_plain,
    nodes_of,
    own_names,
    parts_of,
    refuse_long_names,
)
from otel_costing_collector.sql_endpoint.policy import Functions, Policy
from otel_costing_collector.sql_endpoint.refusals import bad_request, not_a_question, not_allowed

SELECT = "SelectWithUnionQuery"
_EXPLAIN = "ExplainQuery"
_OUTFILE = ("is_into_outfile_with_stdout", "is_outfile_append", "is_outfile_truncate")
_EXPLAINS = frozenset(("type", "kind", "query", *_OUTFILE))
_MEMBERSHIP = re.compile(r"(global)?(not)?(null)?in(ignoreset)?")
"""The functions that `IN` is written as; what stands on their right may be a table."""

_VALUES = "values"
_STATE = "aggregatefunction"
_EXPRESSION = re.compile(r"\b(default|materialized|ephemeral|alias)\b", re.IGNORECASE)


class Asked(NamedTuple):
    """What a question says beside its tree."""

    settings: Mapping[str, str]
    output_format: str
    """Empty where it names none."""


class _Judged(NamedTuple):
    own: frozenset[str]
    """What the question calls its own."""
    table_functions: frozenset[int]


class Examiner:
    """Judges trees over one ledger's database."""

    def __init__(self, policy: Policy, functions: Functions, database: str) -> None:
        self._policy = policy
        self._functions = functions
        self._database = database

    def examine(self, tree: Node, parameters: Mapping[str, str]) -> Asked:
        """Judge a tree, put the names that parameters give into it, and take its settings and its format out of it.

        Args:
            tree: as `parseQueryToJSON` tells it; it is changed.
            parameters: by name, as the client sent them.

        Raises:
            SqlRefused: it is not one question, or holds what the policy does not name.
        """
        asked = _taken(tree)
        question = tree
        if tree["type"] == _EXPLAIN:
            question = self._explained(tree)
            inner = _taken(question)
            asked = Asked({**asked.settings, **inner.settings}, asked.output_format)
        bind_names(question, parameters)
        self._judge_statement(question)
        judged = _Judged(own_names(question), self._table_functions(question))
        for node in nodes_of(question):
            self._judge(node, judged)
        return asked

    def judge_table(self, parts: list[str], own: frozenset[str] = frozenset()) -> None:
        """Raise `SqlRefused` for a table that may not be read.

        Args:
            parts: its name, after that of its database where one is said.
            own: what the question calls its own.
        """
        *databases, table = parts
        if not databases and table in own:
            return
        database = databases[0] if databases else self._database
        allowed = database == self._database or (
            database == SYSTEM and table in self._policy.system_tables
        )
        if len(parts) > 2 or not allowed or not is_plain(table):
            raise not_allowed(f"the table {'.'.join(parts)}")

    def _explained(self, tree: Node) -> Node:
        for name in settings_in(tree.get("settings")):
            if name not in self._policy.explain_settings:
                raise not_allowed(f"EXPLAIN {name}")
        question = tree.get("query")
        if tree.get("kind") not in self._policy.explained or not isinstance(question, dict):
            raise not_allowed(str(tree.get("kind")))
        if question["type"] != SELECT:
            raise not_a_question(str(question["type"]))
        _refuse_others(tree, _EXPLAINS | {"settings"})
        _refuse_outfile(tree)
        return question

    def _judge_statement(self, tree: Node) -> None:
        kind = str(tree["type"])
        if kind != SELECT and kind not in self._policy.statements:
            raise not_a_question(kind)
        of = tree.get("from") or {"name": tree.get("database") or self._database}
        if of["name"] not in {self._database, SYSTEM}:
            raise not_allowed(f"the database {of['name']}")

    def _table_functions(self, tree: Node) -> frozenset[int]:
        """Return the identities of the nodes that stand for tables, each of an allowed kind."""
        found = [one for node in nodes_of(tree) if (one := node.get("table_function"))]
        for one in found:
            if one["type"] != "Function" or one["name"] not in self._policy.table_functions:
                raise not_allowed(f"the table function {one.get('name')}")
            if one["name"] == _VALUES:
                _refuse_expressions(one)
        return frozenset(map(id, found))

    def _judge(self, node: Node, judged: _Judged) -> None:
        kind = str(node.get("type"))
        allowed = self._policy.nodes.get(kind) or self._policy.statements.get(kind)
        if allowed is None:
            raise not_allowed(f"a {kind}")
        _refuse_others(node, allowed | {"type"})
        _refuse_outfile(node)
        refuse_long_names(node)
        if kind == "TableIdentifier":
            self.judge_table(parts_of(node), judged.own)
        elif kind == "Function" and id(node) not in judged.table_functions:
            self._judge_function(node)
        elif kind == "ColumnsApplyTransformer" and node.get("func_name"):
            self._judge_applied(str(node["func_name"]))
        elif kind == "QueryParameter":
            _refuse_states(str(node.get("param_type")))

    def _judge_function(self, node: Node) -> None:
        name = str(node["name"])
        self._admit(name)
        self._judge_texts(name.lower(), node)
        if _MEMBERSHIP.fullmatch(name.lower()):
            for one in node["arguments"]["children"][1:]:
                parts = parts_of(one) if one["type"] == "Identifier" else []
                # One part is a column, a name of the question's own, or a table of the ledger.
                if len(parts) > 1:
                    self.judge_table(parts)

    def _judge_texts(self, name: str, node: Node) -> None:
        """Judge the aggregate function or the type that a text among the arguments names."""
        if (place := self._policy.named_aggregates.get(name)) is not None:
            self._admit(_written_out(node, place).partition("(")[0])
        if (place := self._policy.named_types.get(name)) is not None:
            _refuse_states(_written_out(node, place))

    def _judge_applied(self, name: str) -> None:
        if name.lower() in {*self._policy.named_aggregates, *self._policy.named_types}:
            raise not_allowed(f"APPLY({name})")
        self._admit(name)

    def _admit(self, name: str) -> None:
        if not self._functions.admit(name):
            raise not_allowed(f"the function {name}")


def _taken(tree: Node) -> Asked:
    """Take the settings of a statement and of the selects that it joins, and its format, out of it."""
    settings: dict[str, str] = {}
    if tree["type"] == SELECT:
        for select in tree["list_of_selects"]["children"]:
            settings.update(settings_in(select.pop("settings", None)))
    settings.update(settings_in(tree.pop("settings_ast", None)))
    named = tree.pop("format_ast", None)
    return Asked(settings, str(named["name"]) if named else "")


def _refuse_expressions(function: Node) -> None:
    """Refuse columns of `values` that compute: `'a UInt8, b String ALIAS file(...)'` is a text that the engine parses later."""
    first = function.get("arguments", {}).get("children", [{}])[0]
    structure = first.get("value", {}).get("value") if first.get("type") == "Literal" else None
    is_tuple = first.get("type") == "Function" and first["name"] == "tuple"
    if structure is None and not is_tuple:
        raise not_allowed("a structure of values that is not written out")
    if isinstance(structure, str) and _EXPRESSION.search(structure):
        raise not_allowed("an expression in the structure of values")


def _written_out(function: Node, place: int) -> str:
    """Return an argument that is a text, and no expression that becomes one; empty where there is none."""
    arguments = function.get("arguments", {}).get("children", [])
    if len(arguments) <= place:
        return ""
    value = arguments[place].get("value")
    text = value.get("value") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise not_allowed(f"a name for {function['name']} that is not written out")
    return text


def _refuse_states(of_type: str) -> None:
    """Refuse states of aggregate functions: the engine trusts their bytes, and some functions run with what they say.

    A name in quotes may spell a letter by a backslash; no other type has need of one.
    """
    if _STATE in of_type.lower() or "\\" in of_type:
        raise not_allowed(f"the type {of_type}")


def settings_in(node: Node | None) -> dict[str, str]:
    """Return the settings of a SETTINGS clause.

    Raises:
        SqlRefused: it holds more than names with plain values.
    """
    if node is None:
        return {}
    _refuse_others(node, frozenset(("type", "changes")))
    return {str(one["name"]): _plain(one) for one in node.get("changes", [])}


def _plain(change: Node) -> str:
    value = change["value"].get("value")
    if isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str | int | float):
        raise bad_request(f"the setting {change['name']} has a value of a kind that is not taken")
    return str(value)


def _refuse_others(node: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for key in node:
        if key not in allowed:
            raise not_allowed(f"{key} in a {node['type']}")


def _refuse_outfile(node: Node) -> None:
    if any(node.get(key) for key in _OUTFILE):
        raise not_allowed("INTO OUTFILE")
