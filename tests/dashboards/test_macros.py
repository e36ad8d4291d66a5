"""What the data source makes of a query, by cases of its own documentation and tests and by what goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.dashboards.macro_calls import MacroError
from tests.dashboards.macros import expand
from tests.dashboards.template_variables import ALL, Values

FROM = datetime(2014, 11, 12, 11, 45, 26, 371_000, tzinfo=UTC)
TO = datetime(2015, 11, 12, 11, 45, 26, 371_000, tzinfo=UTC)
SELECTED: Values = {
    "team": ["a", "b'c"],
    "model": "x",
    "hostile": [r"""\' OR 1=1 --")@:$,;"""],
    "all": ALL,
    "every": [ALL],
    "none": "",
}


def expanded(sql: str, interval_s: int = 20) -> str:
    return expand(sql, time_from=FROM, time_to=TO, interval_s=interval_s, variables=SELECTED)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("$__fromTime", "toDateTime(1415792726)"),
        ("$__toTime", "toDateTime(1447328726)"),
        ("$__fromTime_ms", "fromUnixTimestamp64Milli(1415792726371)"),
        ("$__toTime_ms", "fromUnixTimestamp64Milli(1447328726371)"),
        ("$__timeFrom(t)", "t >= toDateTime(1415792726)"),
        ("$__timeTo(t)", "t <= toDateTime(1447328726)"),
        ("$__timeFilter( t )", "t >= toDateTime(1415792726) AND t <= toDateTime(1447328726)"),
        (
            "$__timeFilter_ms(t)",
            "t >= fromUnixTimestamp64Milli(1415792726371) AND t <= fromUnixTimestamp64Milli(1447328726371)",
        ),
        ("$__dateFilter(d)", "d >= toDate('2014-11-12') AND d <= toDate('2015-11-12')"),
        (
            "$__dt(d, t)",
            "(d >= toDate('2014-11-12') AND d <= toDate('2015-11-12')) AND (t >= toDateTime(1415792726) AND t <= toDateTime(1447328726))",
        ),
        ("$__timeInterval(t)", "toStartOfInterval(toDateTime(t), INTERVAL 20 second)"),
        (
            "$__timeInterval_ms(t)",
            "toStartOfInterval(toDateTime64(t, 3), INTERVAL 20000 millisecond)",
        ),
        ("$__timeGroup(t, '1h30m')", "toStartOfInterval(toDateTime(t), INTERVAL 5400 second)"),
        ("INTERVAL $__interval_s second", "INTERVAL 20 second"),
    ],
)
def test_each_macro_becomes_what_the_data_source_makes_of_it(written: str, sent: str) -> None:
    assert expanded(f"1 + {written} + 1") == f"1 + {sent} + 1"


def test_both_names_of_the_filter_on_date_and_time_say_the_same() -> None:
    assert expanded("$__dateTimeFilter(d, t)") == expanded("$__dt(d, t)")


def test_an_interval_is_a_second_at_least() -> None:
    assert expanded("$__interval_s", interval_s=0) == "1"


def test_an_argument_ends_neither_in_a_bracket_nor_in_a_literal() -> None:
    assert expanded("$__timeFrom(f(a, ')'))") == "f(a, ')') >= toDateTime(1415792726)"


def test_a_macro_stands_in_the_arguments_of_another() -> None:
    assert expanded("$__timeFrom(least(t, $__toTime))") == (
        "least(t, toDateTime(1447328726)) >= toDateTime(1415792726)"
    )


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("1 --$__a\n+ 1", f"1{7 * ' '}\n+ 1"),
        ("1 /*$__a\n*/ + 1", f"1{11 * ' '}+ 1"),
        ("'-- no comment'", "'-- no comment'"),
        ("'it''s -- none'", "'it''s -- none'"),
        (r"'it\'s' -- one'", r"'it\'s' -- one'"),
    ],
)
def test_comments_are_blanked_and_a_backslash_escapes_no_quote(written: str, sent: str) -> None:
    r"""The last of them the engine reads as a literal and a comment; the data source, as two literals."""
    assert expanded(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("$team", "'a','b'c'"),
        ("${team}", "'a','b'c'"),
        ("${team:singlequote}", r"'a','b\'c'"),
        ("${team:csv}", "a,b'c"),
        ("'${team:queryparam}'", "'var-team=a&var-team=b%27c'"),
        ("'${hostile:queryparam}'", "'var-hostile=%5C%27%20OR%201%3D1%20--%22%29@:$,;'"),
        ("'${all:queryparam}'", "'var-all=$__all'"),
        ("$model", "x"),
        ("'${model}'", "'x'"),
        ("${model:singlequote}", "'x'"),
        ("${model:csv}", "x"),
    ],
)
def test_a_variable_is_written_in_its_format(written: str, sent: str) -> None:
    assert expanded(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("$__conditionalAll(team IN (${team:singlequote}), $team)", r"team IN ('a','b\'c')"),
        ("$__conditionalAll(model = '${model}', ${model})", "model = 'x'"),
        ("$__conditionalAll(a IN (${all:singlequote}), $all)", "1=1"),
        ("$__conditionalAll(a IN (${every:singlequote}), $every)", "1=1"),
        ("$__conditionalAll(a = '${none}', $none)", "1=1"),
        ("$__conditionalAll(f(a, b) = '$model', $model)", "f(a, b) = 'x'"),
    ],
)
def test_a_condition_holds_always_where_all_or_nothing_is_selected(written: str, sent: str) -> None:
    assert expanded(written) == sent


def test_two_conditions_of_one_query_are_told_apart() -> None:
    both = "$__conditionalAll(a = '$model', $model) AND $__conditionalAll(b = '$all', $all)"

    assert expanded(both) == "a = 'x' AND 1=1"


@pytest.mark.parametrize(
    "written",
    [
        "$__timeFilters(t)",
        "$__columns(t, team, sum(usd)) FROM costs",
        "$__timeFilter",
        "$__timeFilter()",
        "$__timeFilter(a, b)",
        "$__dt(d)",
        "$__timeFilter((t)",
        "$__timeGroup(t, '1d')",
        "$__timeGroup(t, 0s)",
        "$missing",
        "${missing:csv}",
        "${team:nothing}",
        "${all:singlequote}",
        "$__conditionalAll(a, b)",
        "$__conditionalAll(a = 1)",
        "$__conditionalAll(a = '$model' OR a = ')', $model)",
        "$__conditionalAll(match(a, '^x$'), $model)",
    ],
)
def test_what_grafana_would_send_otherwise_than_it_is_meant_fails(written: str) -> None:
    with pytest.raises(MacroError):
        expanded(written)
