"""Hours of the UTC day at which a rate holds instead of the one for the rest of the day."""

from __future__ import annotations

import re
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = tuple(range(7))
_DAY_SECONDS = 86_400
_SECOND_NS = 10**9
_1970_WAS_THURSDAY = 3
_BETWEEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Hours(NamedTuple):
    """A window of seconds of the UTC day, start included, end not; past midnight where end < start."""

    start_s: int
    end_s: int
    days: tuple[int, ...] = _EVERY_DAY
    """Days of the week of the instant itself, Monday is 0."""

    def cover(self, at_ns: int) -> bool:
        """Say whether an instant lies in the window."""
        day, second = divmod(at_ns // _SECOND_NS, _DAY_SECONDS)
        return (day + _1970_WAS_THURSDAY) % 7 in self.days and self._holds(second)

    def overlap(self, other: Hours) -> bool:
        """Say whether two windows share an instant."""
        same_day = not set(self.days).isdisjoint(other.days)
        return same_day and (self._holds(other.start_s) or other._holds(self.start_s))

    def _holds(self, second: int) -> bool:
        if self.start_s < self.end_s:
            return self.start_s <= second < self.end_s
        return second >= self.start_s or second < self.end_s


def parse_hours(text: str) -> tuple[int, int] | None:
    """Read `16:30-00:30` as seconds of the day; None where it is not two different times."""
    match = _BETWEEN.fullmatch(text)
    if match is None or match.group(1, 2) == match.group(3, 4):
        return None
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    return hour * 3600 + minute * 60, end_hour * 3600 + end_minute * 60
