"""A program that exports into an embedded ledger: `python exporting.py directory forks|holds|asks`.

`forks` exports, forks, and exports in the child; `holds` exports and keeps the ledger until its input ends;
`asks` exports three times. Each writes the results to its standard output and logs to standard error.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from otel_costing.clickhouse import ClickHouseSpanExporter

_PATIENCE_S = 30.0


def main(directory: str, does: str) -> None:
    """Do it."""
    logging.basicConfig(format="%(levelname)s %(message)s")
    exporter = ClickHouseSpanExporter(dsn=f"chdb://{directory}")
    _say(exporter.export([_span()]).name)
    if does == "forks":
        _fork(exporter)
    elif does == "holds":
        sys.stdin.read()
    else:
        _say(exporter.export([_span()]).name, exporter.export([_span()]).name)
    exporter.shutdown()


def _fork(exporter: ClickHouseSpanExporter) -> None:
    hears, tells = os.pipe()
    child = os.fork()
    if not child:
        results = [exporter.export([_span()]).name for _ in range(2)]
        exporter.shutdown()
        os.write(tells, " ".join(results).encode())
        os._exit(0)
    heard, _, _ = select.select([hears], [], [], _PATIENCE_S)
    if not heard:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    _say("child", os.read(hears, 100).decode() if heard else "hung")
    _say(exporter.export([_span()]).name)


def _span() -> ReadableSpan:
    span = TracerProvider().get_tracer("exporting").start_span("work")
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
