"""The questions of dashboards: `sql/NAME.sql`, and the parts that several of them have in common.

In a question `{{spend}}` stands for `sql/parts/spend.sql`, indented as far as it is, and `{{is_chosen team}}` for
`sql/parts/is_chosen.sql` with `team` for its `{{column}}`. What else differs between otherwise equal questions, such as the column
that they group by, is named by the panel. What a viewer chooses is Grafana's to fill in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

_FOLDER = Path(__file__).parent / "sql"
_PLACE = re.compile(r"\{\{(\w+)(?: (\w+))?\}\}")


def question(name: str, **words: str) -> str:
    """Return the SQL of a question with all its parts in it.

    Args:
        name: of a file in `sql/`, without its ending.
        words: what stands for placeholders that are not the name of a part.

    Raises:
        FileNotFoundError: there is no such question, or no such part.
    """
    sql = _text(_FOLDER / f"{name}.sql")
    while place := _PLACE.search(sql):
        sql = sql[: place.start()] + _standing(place, words) + sql[place.end() :]
    return sql


def _standing(place: re.Match[str], words: Mapping[str, str]) -> str:
    name, column = place.groups()
    if name in words:
        return words[name]
    part = _text(_FOLDER / "parts" / f"{name}.sql")
    if column:
        part = part.replace("{{column}}", column)
    line = place.string[place.string.rfind("\n", 0, place.start()) + 1 : place.start()]
    return indent(part, line if line.isspace() else "").lstrip()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
