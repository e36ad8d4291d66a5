"""`policy.yaml`, read: what a question may hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import yaml


class Function(NamedTuple):
    """A function as the engine lists it."""

    name: str
    category: str
    is_aggregate: bool
    is_system: bool
    """Not a user-defined one, which may run a program."""
    alias_to: str


class Policy(NamedTuple):
    """The sections of `policy.yaml`, each as its comment there says."""

    nodes: Mapping[str, frozenset[str]]
    statements: Mapping[str, frozenset[str]]
    explained: frozenset[str]
    explain_settings: frozenset[str]
    system_tables: frozenset[str]
    table_functions: frozenset[str]
    function_categories: frozenset[str]
    refused_functions: frozenset[str]
    named_aggregates: Mapping[str, int]
    named_types: Mapping[str, int]
    functions: frozenset[str]
    syntax_functions: frozenset[str]
    formats: frozenset[str]
    settings: frozenset[str]
    tightened_settings: frozenset[str]
    ignored_settings: frozenset[str]


class Functions:
    """Which functions an engine offers to questions."""

    def __init__(
        self, policy: Policy, known: Iterable[Function], combinators: Iterable[str]
    ) -> None:
        """Judge every function that the engine knows.

        Args:
            policy: says which.
            known: all of the engine.
            combinators: the endings that make an aggregate function of another, such as `If`.
        """
        listed = list(known)
        admitted = {one.name for one in listed if _is_admitted(policy, one)}
        aliases = {one.name for one in listed if one.alias_to in admitted}
        names = admitted | aliases | policy.syntax_functions
        self._names = frozenset(name.lower() for name in names)
        aggregates = {one.name for one in listed if one.is_aggregate}
        self._aggregates = frozenset(name.lower() for name in aggregates) & self._names
        self._endings = tuple(sorted((one.lower() for one in combinators), key=len, reverse=True))

    def admit(self, name: str) -> bool:
        """Tell whether a question may say it; the engine ignores the case of some names, and this of all."""
        lowered = name.lower()
        return lowered in self._names or self._is_combined(lowered)

    def _is_combined(self, name: str) -> bool:
        for ending in self._endings:
            rest = name.removesuffix(ending)
            if rest and rest != name and (rest in self._aggregates or self._is_combined(rest)):
                return True
        return False


def _is_admitted(policy: Policy, function: Function) -> bool:
    if not function.is_system or function.alias_to or function.name in policy.refused_functions:
        return False
    return function.name in policy.functions or function.category in policy.function_categories


@cache
def packaged_policy() -> Policy:
    """Return the policy."""
    text = resources.files(__package__).joinpath("policy.yaml").read_text(encoding="utf-8")
    sections: dict[str, Any] = yaml.safe_load(text)
    nodes, statements = (_keyed(sections.pop(name)) for name in ("nodes", "statements"))
    aggregates, types = (
        _places(sections.pop(name)) for name in ("named_aggregates", "named_types")
    )
    listed = {name: frozenset(values) for name, values in sections.items()}
    return Policy(nodes, statements, named_aggregates=aggregates, named_types=types, **listed)


def _keyed(section: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(keys) for name, keys in section.items()}


def _places(section: Mapping[str, int]) -> Mapping[str, int]:
    """Return the places by names in lower case, as some of the engine's names pass in any."""
    return {name.lower(): place for name, place in section.items()}
