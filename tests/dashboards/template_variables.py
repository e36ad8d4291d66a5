"""What a browser puts into a query before it sends it: the dashboard's variables, and the data source's conditions on them.

After grafana/clickhouse-datasource, `src/data/CHDatasource.ts` (`applyConditionalAll`, `format`), and @grafana/scenes,
`formatRegistry`. Where they would leave something as it is, which the engine then chokes on, this raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from tests.dashboards.macro_calls import MacroError, arguments

ALL = "$__all"
"""The value of a variable of which everything is selected; one of several values is a list, whatever it holds."""
Values = Mapping[str, Sequence[str] | str]
_CONDITION = "$__conditionalAll("
_NAMED = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_WITHOUT_QUOTES = re.compile(r"[(),]")
"""The browser's reading of arguments knows no quotes."""
_PATTERNS = re.compile(r"\$[$&`']")
"""What JavaScript's `replace` takes for more than text in what it puts in."""
_REFERENCE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>\w+)")


def with_variables(sql: str, variables: Values) -> str:
    """Return a query as a browser sends it; the backend's macros are still in it.

    Raises:
        MacroError: a condition or a variable that would stay in it, or come out as something else than it says.
    """
    return _REFERENCE.sub(
        lambda found: _written(found, variables), _with_conditions(sql, variables)
    )


def _with_conditions(sql: str, variables: Values) -> str:
    while (at := sql.rfind(_CONDITION)) >= 0:
        opening = at + len(_CONDITION) - 1
        told, end = arguments(sql, opening, _WITHOUT_QUOTES)
        if len(told) != 2:
            raise MacroError(f"{sql[at:end]} has {len(told)} arguments, not 2")
        sql = sql[:at] + _condition(told[0], told[1], variables) + sql[end:]
    return sql


def _condition(phrase: str, told: str, variables: Values) -> str:
    if (found := _NAMED.search(told)) is None:
        raise MacroError(f"{told.strip()} names no variable")
    if _PATTERNS.search(phrase):
        raise MacroError(f"JavaScript would replace parts of {phrase}")
    value = _value(found[1] or found[2], variables)
    return "1=1" if ",".join(_several(value)) in ("", ALL) else phrase


def _written(found: re.Match[str], variables: Values) -> str:
    name = found["braced"] or found["plain"]
    if name.startswith("__") and found["plain"]:
        return found[0]  # a macro of the backend's
    value = _value(name, variables)
    if ALL in _several(value) and found["format"] != "queryparam":
        raise MacroError(f"{found[0]} stands for all values outside of a condition")
    if (write := _FORMATS.get(found["format"])) is None:
        raise MacroError(f"{found[0]} has a format that is not known here")
    return write(name, value)


def _value(name: str, variables: Values) -> list[str] | str:
    if name not in variables:
        raise MacroError(f"no variable is named {name}")
    value = variables[name]
    return value if isinstance(value, str) else list(value)


def _plain(_: str, value: list[str] | str) -> str:
    """As the data source writes what names no format: nothing in it is escaped."""
    return value if isinstance(value, str) else "'" + "','".join(value) + "'"


def _single_quoted(_: str, value: list[str] | str) -> str:
    r"""Quotes are escaped, and backslashes are not: `\'` in a value ends the literal."""
    return ",".join("'" + one.replace("'", "\\'") + "'" for one in _several(value))


def _separated(_: str, value: list[str] | str) -> str:
    return ",".join(_several(value))


def _query_parameters(name: str, value: list[str] | str) -> str:
    """Return `var-team=a&var-team=b`, as in a link: quotes and backslashes of values are percent-encoded."""
    return "&".join(f"var-{name}={_encoded(one)}" for one in _several(value))


def _several(value: list[str] | str) -> list[str]:
    return [value] if isinstance(value, str) else value


def _encoded(value: str) -> str:
    """Encode as `urlUtil.toUrlParams` of @grafana/data."""
    return quote(value, safe="-_.~@:$,;")


_FORMATS: Mapping[str | None, Callable[[str, list[str] | str], str]] = {
    None: _plain,
    "singlequote": _single_quoted,
    "csv": _separated,
    "queryparam": _query_parameters,
}
