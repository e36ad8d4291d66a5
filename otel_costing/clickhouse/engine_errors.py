"""What an error of the engine or of its client says about trying again: pure."""

from __future__ import annotations

# Error codes after which the same statement may well succeed: timeouts, network, memory, disk, too many queries or
# parts, read-only for a while, unknown outcome. Source: ClickHouse `src/Common/ErrorCodes.cpp`.
_TRANSIENT_CODES = frozenset(
    (3, 32, 159, 164, 202, 209, 210, 236, 241, 242, 243, 252, 279, 319, 425, 999)
)
# Error codes that say of an insert that a value does not fit its column: parsing, types, ranges, nulls, constraints.
_CODES_OF_ROWS = frozenset((6, 27, 53, 69, 70, 72, 117, 131, 349, 407, 469))

_UNKNOWN_DATABASE = 81
# An unknown user, a wrong password, none where one is needed; today's servers tell them no longer apart.
_NOT_ADMITTED = frozenset((192, 193, 194, 516))


def is_transient(error: Exception) -> bool:
    """Tell whether the same statement may well succeed later."""
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return code in _TRANSIENT_CODES
    return isinstance(error, OSError) or type(error).__name__ in {"OperationalError", "HTTPError"}


def is_of_rows(error: Exception) -> bool:
    """Tell an answer about the rows, by the engine or by the client that could not encode them, from any other."""
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return code in _CODES_OF_ROWS
    if type(error).__name__ == "DataError":
        return True
    return isinstance(error, ValueError | TypeError | AttributeError | ArithmeticError)


def is_of_unknown_database(error: Exception) -> bool:
    """Tell the answer that there is no such database, or none that may be asked."""
    return getattr(error, "code", None) == _UNKNOWN_DATABASE


def is_not_admitted(error: Exception) -> bool:
    """Tell the answer that user and password, or the token in their place, are not admitted."""
    return getattr(error, "code", None) in _NOT_ADMITTED


def network_reason(error: BaseException) -> str | None:
    """Return why no server could be reached, in the words of the system; None where it is not the network's fault."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError):
            return "no answer in time"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return None


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, cut where it is long."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
