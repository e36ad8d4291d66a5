"""What Grafana's ClickHouse data source makes of a query before ClickHouse sees it.

After grafana/clickhouse-datasource, `pkg/macros` (since 4.20 on grafana/macropro): comments are blanked, macros are
replaced in literals too, and unknown ones stay. Here an unknown one raises, and so does what this project does not
use: statement macros (`$__columns`, `$__lttb`, ...), ad hoc filters, `$__interval`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from tests.dashboards.macro_calls import MacroError, arguments
from tests.dashboards.template_variables import Values, with_variables

_LITERAL = r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)"
"""As the data source reads literals: a backslash escapes nothing."""
_LITERAL_OR_COMMENT = re.compile(rf"({_LITERAL})|--[^\n\r]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LITERAL_OR_BRACKET = re.compile(rf"{_LITERAL}|[(),]")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Macro(NamedTuple):
    """What a macro is replaced by, and how many arguments it must have; None where it looks at none."""

    template: str
    arity: int | None = None


_MACROS = {
    "fromTime": _Macro("toDateTime({from_s})"),
    "toTime": _Macro("toDateTime({to_s})"),
    "fromTime_ms": _Macro("fromUnixTimestamp64Milli({from_ms})"),
    "toTime_ms": _Macro("fromUnixTimestamp64Milli({to_ms})"),
    "timeFrom": _Macro("{0} >= toDateTime({from_s})", 1),
    "timeTo": _Macro("{0} <= toDateTime({to_s})", 1),
    "timeFilter": _Macro("{0} >= toDateTime({from_s}) AND {0} <= toDateTime({to_s})", 1),
    "timeFilter_ms": _Macro(
        "{0} >= fromUnixTimestamp64Milli({from_ms}) AND {0} <= fromUnixTimestamp64Milli({to_ms})", 1
    ),
    "dateFilter": _Macro("{0} >= toDate('{from_day}') AND {0} <= toDate('{to_day}')", 1),
    "dateTimeFilter": _Macro(
        "({0} >= toDate('{from_day}') AND {0} <= toDate('{to_day}'))"
        " AND ({1} >= toDateTime({from_s}) AND {1} <= toDateTime({to_s}))",
        2,
    ),
    "timeInterval": _Macro("toStartOfInterval(toDateTime({0}), INTERVAL {interval_s} second)", 1),
    "timeInterval_ms": _Macro(
        "toStartOfInterval(toDateTime64({0}, 3), INTERVAL {interval_s}000 millisecond)", 1
    ),
    "timeGroup": _Macro("toStartOfInterval(toDateTime({0}), INTERVAL {1} second)", 2),
    "interval_s": _Macro("{interval_s}"),
}
_MACROS["dt"] = _MACROS["dateTimeFilter"]
_CALL = re.compile(r"\$__(\w+)", re.ASCII)
_MACRO = re.compile(rf"\$__({'|'.join(_MACROS)})(?!\w)", re.ASCII)


def expand(
    sql: str,
    *,
    time_from: datetime,
    time_to: datetime,
    interval_s: int = 60,
    variables: Values,
) -> str:
    """Return the query as ClickHouse receives it.

    Args:
        sql: the `rawSql` of a target, a variable or an alert rule.
        time_from: the first instant that the dashboard shows, aware. Dates are taken as of UTC; Grafana takes
            them as of the time zone that its server runs in.
        time_to: its last, which is asked for too.
        interval_s: how many seconds a point of a graph stands for; less than 1 is 1.
        variables: by name; `template_variables.ALL` where all is selected; a list where several may be.

    Raises:
        MacroError: a macro or a variable that Grafana does not know, or that has other arguments.
    """
    _assert_known(_without_comments(sql))
    sent = _without_comments(with_variables(sql, variables))
    facts = _facts(time_from, time_to, max(interval_s, 1))
    while found := _MACRO.search(sent):
        told, end = _arguments(sent, found.end())
        sent = sent[: found.start()] + _written(found[1], told, facts) + sent[end:]
    return sent


def _assert_known(sql: str) -> None:
    """Refuse what the query itself says; a value that reads like a macro is a viewer's, and stays."""
    for name in _CALL.findall(sql):
        if name not in _MACROS and name != "conditionalAll":
            raise MacroError(f"Grafana would leave $__{name} as it is")


def _without_comments(sql: str) -> str:
    return _LITERAL_OR_COMMENT.sub(lambda found: found[1] or " " * len(found[0]), sql)


def _facts(time_from: datetime, time_to: datetime, interval_s: int) -> dict[str, int | str]:
    facts: dict[str, int | str] = {"interval_s": interval_s}
    for name, instant in (("from", time_from), ("to", time_to)):
        facts[f"{name}_ms"] = (instant - _EPOCH) // timedelta(milliseconds=1)
        facts[f"{name}_s"] = (instant - _EPOCH) // timedelta(seconds=1)
        facts[f"{name}_day"] = instant.astimezone(UTC).date().isoformat()
    return facts


def _arguments(sql: str, at: int) -> tuple[list[str], int]:
    if not sql.startswith("(", at):
        return [], at
    told, end = arguments(sql, at, _LITERAL_OR_BRACKET)
    stripped = [one.strip() for one in told]
    return ([] if stripped == [""] else stripped), end


def _written(name: str, told: Sequence[str], facts: Mapping[str, int | str]) -> str:
    macro = _MACROS[name]
    if macro.arity not in (None, len(told)):
        raise MacroError(f"$__{name} takes {macro.arity} arguments, not {len(told)}")
    if name == "timeGroup":
        told = [told[0], str(_seconds(told[1].strip("'\"")))]
    return macro.template.format(*told, **facts)


def _seconds(duration: str) -> int:
    """Read what Go calls a duration, such as `1h30m`: it has no days."""
    parts = _DURATION_PART.findall(duration) if _DURATION.fullmatch(duration) else ()
    seconds = sum((Decimal(number) * _SECONDS[unit] for number, unit in parts), Decimal(0))
    if (rounded := int(seconds.quantize(Decimal(1), ROUND_HALF_UP))) <= 0:
        raise MacroError(f"{duration!r} is no duration of a second or more")
    return rounded
