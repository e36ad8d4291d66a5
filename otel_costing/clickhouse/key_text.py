"""Many ids as one parameter of a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def key_text(keys: Iterable[str]) -> str:
    """Join ids by blanks, to be split again by the store; parts of a key are joined by `/`."""
    text = " ".join(keys)
    is_plain = text.isascii() and text.replace(" ", "").replace("/", "").isalnum()
    return _Plain(text) if is_plain else text


class _Plain(str):
    """Text without a character to escape.

    clickhouse-connect escapes a parameter character by character, which takes longer than to answer the question;
    as one piece this text is passed on as it is.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield str(self)
