"""Dead letters that were asked to be put back -> the spool, and only then out of the dead letters."""

from __future__ import annotations

import logging
from collections.abc import Callable

from otel_costing_collector.dead_letters import DeadLetters
from otel_costing_collector.spool import Spool, SpoolFull

_log = logging.getLogger(__name__)


def take_in_replays(
    dead_letters: DeadLetters, spool: Spool, replayed: Callable[[], None] = lambda: None
) -> None:
    """Spool what was asked to be put back, with its sender and its receipt. Blocks.

    Cut short between the two steps, it is spooled once more, and the ledger takes it for what it is: the same.

    Args:
        dead_letters: where they lie.
        spool: where they go; where it is full they wait.
        replayed: told of each.
    """
    for number in dead_letters.asked():
        try:
            taken = _take_in(number, dead_letters, spool)
        except (SpoolFull, OSError) as failed:
            _log.warning("a dead letter waits", extra={"request": number, "why": str(failed)})
            return
        if taken:
            replayed()


def _take_in(number: int, dead_letters: DeadLetters, spool: Spool) -> bool:
    request = dead_letters.request(number)
    if request is None:
        dead_letters.withdraw(number)
        _log.error("a dead letter cannot be read", extra={"request": number})
        return False
    stored = spool.append(
        request.body,
        request.kind,
        encoding=request.encoding,
        sender=request.sender,
        received_ns=request.received_ns,
    ).result()
    dead_letters.remove(number)
    _log.info("a dead letter was put back", extra={"request": number, "now": stored})
    return True
