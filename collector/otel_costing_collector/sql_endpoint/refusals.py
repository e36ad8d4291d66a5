"""Why a question is not answered, in the words and numbers of a ClickHouse server."""

from __future__ import annotations

import re
from http import HTTPStatus

_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")
_SCOPE = re.compile(
    r": In scope (?:SELECT|WITH) (?:parseQueryToJSON|formatQuery).*(?= \([A-Z_]+\))", re.DOTALL
)
_STATUS_OF_CODES = {
    HTTPStatus.BAD_REQUEST: (
        6,
        26,
        27,
        36,
        38,
        41,
        42,
        43,
        53,
        62,
        69,
        72,
        117,
        167,
        168,
        306,
        427,
        456,
        457,
    ),
    HTTPStatus.FORBIDDEN: (164, 452, 497, 516),
    HTTPStatus.NOT_FOUND: (46, 47, 50, 56, 60, 63, 73, 81, 115),
    HTTPStatus.REQUEST_TIMEOUT: (159,),
    HTTPStatus.NOT_IMPLEMENTED: (48,),
    HTTPStatus.SERVICE_UNAVAILABLE: (202, 209, 439),
}
_STATUSES = {code: status for status, codes in _STATUS_OF_CODES.items() for code in codes}
"""Source: ClickHouse `src/Server/HTTP/exceptionCodeToHTTPStatus.cpp`; 202 is 503 so that clients ask again."""
_OUTCOMES = {
    159: "timed_out",
    164: "not_allowed",
    202: "overloaded",
    241: "too_large",
    394: "cancelled",
    396: "too_large",
    452: "not_allowed",
    497: "not_allowed",
    516: "unauthenticated",
    1002: "failed",
}


class SqlRefused(Exception):  # noqa: N818 - it names what became of the question, and callers catch it as such
    """A question has no answer. `message` is what a server's would be, without its code and name."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.name = name
        self.message = message

    @property
    def text(self) -> str:
        """What the body of the answer says."""
        return f"Code: {self.code}. DB::Exception: {self.message} ({self.name})"

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status that goes with it."""
        return _STATUSES.get(self.code, HTTPStatus.INTERNAL_SERVER_ERROR)

    @property
    def outcome(self) -> str:
        """What metrics call it; `wrong` is any other mistake in a question."""
        return _OUTCOMES.get(self.code, "wrong")


def not_allowed(what: str) -> SqlRefused:
    """Return the refusal of something that no question may hold here."""
    return SqlRefused(497, "ACCESS_DENIED", f"{what} is not allowed here; see policy.yaml")


def not_a_question(what: str) -> SqlRefused:
    """Return the refusal of a statement that does more than read."""
    return SqlRefused(
        164, "READONLY", f"{what} is no question: ask by SELECT, SHOW, DESCRIBE, EXISTS or EXPLAIN"
    )


def too_many() -> SqlRefused:
    """Return the refusal of what may be asked again soon."""
    return SqlRefused(
        202, "TOO_MANY_SIMULTANEOUS_QUERIES", "too many questions at a time; ask again"
    )


def bad_request(what: str) -> SqlRefused:
    """Return the refusal of a request that cannot be read."""
    return SqlRefused(36, "BAD_ARGUMENTS", what)


def told_by_engine(error: Exception) -> SqlRefused:
    """Read what the engine says: `Code: 60. DB::Exception: ... (UNKNOWN_TABLE)`, at times wrapped in its own kind."""
    text = str(error)
    codes = list(_CODE.finditer(text))
    if not codes:
        return SqlRefused(1002, "UNKNOWN_EXCEPTION", "the engine failed and did not say why")
    told = _SCOPE.sub("", text[codes[-1].end() :]).split(" (version ")[0].strip()
    message, _, name = told.rstrip(").").rpartition(" (")
    if not message or not name.replace("_", "").isalnum() or name != name.upper():
        message, name = told, "UNKNOWN_EXCEPTION"
    return SqlRefused(int(codes[-1][1]), name, message)
