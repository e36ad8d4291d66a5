"""The process that prices and seals for a collector: it reads requests from a pipe and writes sealed batches to it.

It holds no store and no spool: if it dies, nothing is lost. It ends when the other end of the pipe does.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from multiprocessing.connection import Connection

from otel_costing_collector.freed_memory import give_back_freed_memory
from otel_costing_collector.json_log import log_json
from otel_costing_collector.sealing import Begin, Finish, NumberedBooks, Sealed, Sealing, Told
from otel_costing_collector.spool_record import SpooledRequest

_log = logging.getLogger(__name__)
_NICE = 5
"""Beside the collector, which answers senders, it may wait."""


def main(descriptor: int) -> None:
    """Serve one collector by the pipe at `descriptor`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # They are meant for the collector, which ends this process in its time.
        signal.signal(number, signal.SIG_IGN)
    log_json()
    give_back_freed_memory()
    gc.freeze()
    # What waits is many objects without cycles, and all of them go at once.
    gc.disable()
    with Connection(descriptor) as pipe:
        try:
            _serve(pipe)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return
        except Exception:  # noqa: BLE001 - whatever it was, the log says where, and the next one begins anew
            _log.exception("the process that seals has ended; its collector starts another")
            sys.exit(1)


def _serve(pipe: Connection) -> None:
    begin: Begin = pipe.recv()
    books: NumberedBooks = pipe.recv()
    sealing = Sealing(books, begin)
    while True:
        if not pipe.poll(max(0.0, sealing.wait_s())):
            _answer(pipe, sealing.take())
            continue
        told: Told = pipe.recv()
        if isinstance(told, SpooledRequest):
            sealing.add(told)
        elif isinstance(told, NumberedBooks):
            _answer(pipe, sealing.turn_to(told))
        if isinstance(told, Finish) or sealing.wait_s() <= 0:
            _answer(pipe, sealing.take())
        if isinstance(told, Finish):
            pipe.send(told)


def _answer(pipe: Connection, sealed: Sealed | None) -> None:
    if sealed is not None:
        pipe.send(sealed)
        gc.collect(1)


if __name__ == "__main__":
    os.nice(_NICE)
    main(int(sys.argv[1]))
