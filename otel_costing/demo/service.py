"""How each process of the demo serves: on a socket it is handed, until told to stop."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from otel_costing.demo.environment import HEALTH_PATH
from otel_costing.demo.parent import stop_with_parent

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

DRAIN_SECONDS = 5
"""How long an answer that is under way may take after the process was told to stop."""


async def _healthy(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


HEALTH_ROUTE = Route(HEALTH_PATH, _healthy)


def serve(app: ASGIApp) -> None:
    """Serve `app` on the listening socket named by `--fd`; exit with 0 after SIGTERM.

    The process also stops when its standard input closes: a parent that was killed leaves nothing behind.
    """
    # uvicorn raises the signal again once it has drained, and would die of it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    stop_with_parent()
    config = uvicorn.Config(
        app, log_level="warning", lifespan="on", timeout_graceful_shutdown=DRAIN_SECONDS
    )
    with socket.socket(fileno=_listening_fd()) as listener:
        uvicorn.Server(config).run(sockets=[listener])


def _listening_fd() -> int:
    parser = argparse.ArgumentParser(description="A process of `otel-costing demo`.")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of a listening socket")
    fd = parser.parse_args().fd
    if not isinstance(fd, int):
        raise TypeError(fd)
    return fd
