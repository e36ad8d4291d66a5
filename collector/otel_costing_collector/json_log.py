"""The process's log: one JSON object a line, without secrets and without anything a span said."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


_HEARD_FROM = {
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "grpc": logging.WARNING,
    "httpx2": logging.WARNING,
    # Of an outage these two say with each attempt what we say once, in a sentence.
    "urllib3.connectionpool": logging.ERROR,
    "clickhouse_connect": logging.ERROR,
}
"""Libraries whose words below this level repeat ours."""


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message and what the call added; of an exception its type and place only."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        fields.update((k, v) for k, v in record.__dict__.items() if k not in _STANDARD)
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            fields["error"] = kind.__name__
            # The words of an exception may quote the bytes it stumbled over.
            fields["stack"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)
            ]
        return json.dumps(fields, default=str)


def log_json(stream: TextIO = sys.stderr) -> None:
    """Send the whole process's log to `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in _HEARD_FROM.items():
        logging.getLogger(name).setLevel(level)
