"""What keeps a live test on loopback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.live.environments import ROOT

GUARDED = """
import sys
from tests.live.app import guard
guard.stay_on_this_machine()
try:
    sys.audit({event!r}, *{arguments!r})
except PermissionError:
    print("refused", *guard.attempts)
else:
    print("allowed")
"""


def said(event: str, arguments: tuple[object, ...]) -> str:
    """Return what a guarded process says of an attempt; the hook is asked, no packet is sent."""
    program = GUARDED.format(event=event, arguments=arguments)
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("event", "arguments", "host"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443)), "192.0.2.1"),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0)), "2001:db8::1"),
        ("socket.getaddrinfo", ("api.openai.com", 443, 0, 0, 0), "api.openai.com"),
        ("socket.gethostbyname", ("api.openai.com",), "api.openai.com"),
        ("socket.sendto", (None, ("192.0.2.1", 53)), "192.0.2.1"),
    ],
)
def test_what_leaves_this_machine_is_refused_and_told(
    event: str, arguments: tuple[object, ...], host: str
) -> None:
    assert said(event, arguments) == f"refused {event} {host}"


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.connect", (None, ("::1", 80, 0, 0))),
        ("socket.connect", (None, "/run/a.socket")),
        ("socket.getaddrinfo", ("localhost", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
    ],
)
def test_loopback_is_open(event: str, arguments: tuple[object, ...]) -> None:
    assert said(event, arguments) == "allowed"
