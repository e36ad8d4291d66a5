"""What whoever looks at a dashboard may choose, beside the time."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from dashboards.links import FILTERED
from dashboards.queries import question
from dashboards.targets import LEDGER, DataSource, Json

_ON_TIME_RANGE = 2
"""Grafana's `refresh`: ask again when the time changes."""
_ALPHABETICAL = 1
_EVERYTHING = {"selected": True, "text": ["All"], "value": ["$__all"]}


class Variable(Protocol):
    """Anything that a dashboard's templating lists."""

    def to_json(self) -> Json:
        """Return it as a dashboard has it."""
        ...


class DataSourceVariable(NamedTuple):
    """Which data source the panels ask."""

    source: DataSource
    label: str
    description: str

    def to_json(self) -> Json:
        """Return it as a dashboard has it."""
        return {
            "description": self.description,
            "hide": 0,
            "includeAll": False,
            "label": self.label,
            "multi": False,
            "name": self.source.variable,
            "options": [],
            "query": self.source.plugin,
            "refresh": 1,
            "regex": "",
            "skipUrlSync": False,
            "type": "datasource",
        }


class NamesVariable(NamedTuple):
    """Some of the names that a query finds, or all."""

    name: str
    label: str
    sql: str
    description: str

    def to_json(self) -> Json:
        """Return it as a dashboard has it."""
        return {
            "allowCustomValue": True,
            "current": _EVERYTHING,
            "datasource": LEDGER.to_json(),
            "description": self.description,
            "hide": 0,
            "includeAll": True,
            "label": self.label,
            "multi": True,
            "name": self.name,
            "options": [],
            "query": self.sql,
            "refresh": _ON_TIME_RANGE,
            "regex": "",
            "skipUrlSync": False,
            "sort": _ALPHABETICAL,
            "type": "query",
        }


class ChoiceVariable(NamedTuple):
    """One of some fixed values; the first if nothing is chosen."""

    name: str
    label: str
    values: tuple[tuple[str, str], ...]
    """Text and value."""
    description: str

    def to_json(self) -> Json:
        """Return it as a dashboard has it."""
        options = [
            {"selected": number == 0, "text": text, "value": value}
            for number, (text, value) in enumerate(self.values)
        ]
        return {
            "allowCustomValue": False,
            "current": options[0],
            "description": self.description,
            "hide": 0,
            "includeAll": False,
            "label": self.label,
            "multi": False,
            "name": self.name,
            "options": options,
            "query": ", ".join(f"{text} : {value}" for text, value in self.values),
            "skipUrlSync": False,
            "type": "custom",
        }


class TextVariable(NamedTuple):
    """A text that is typed, or that a link brings."""

    name: str
    label: str
    description: str

    def to_json(self) -> Json:
        """Return it as a dashboard has it."""
        empty = {"selected": True, "text": "", "value": ""}
        return {
            "current": empty,
            "description": self.description,
            "hide": 0,
            "label": self.label,
            "name": self.name,
            "options": [empty],
            "query": "",
            "skipUrlSync": False,
            "type": "textbox",
        }


THE_LEDGER = DataSourceVariable(
    LEDGER, "Ledger", "The ClickHouse data source whose default database is the ledger's."
)
PAYER = ChoiceVariable(
    "payer",
    "Who pays",
    (("owner of the code", "owner"), ("caller", "caller")),
    "Whose team, workflow and feature are meant: of the code that ran, or of whoever began the work.",
)


_ON_BOTH_SIDES = frozenset(("team", "feature", "workflow"))
"""Columns that the owner of the code has, and the caller."""


def names_of(column: str) -> NamesVariable:
    """Return the variable of a column that the rollup has."""
    asked = "names_of_both_sides" if column in _ON_BOTH_SIDES else "names_of_column"
    return NamesVariable(
        column,
        column.capitalize(),
        question(asked, column=column),
        "Calls of these alone; unattributed are those of which nobody said it.",
    )


FILTERS = tuple(map(names_of, FILTERED))
