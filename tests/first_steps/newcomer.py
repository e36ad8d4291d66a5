"""Somebody who follows a page: a new home, nothing set, and ports that nobody else here uses."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from tests.first_steps.pages import ROOT
from tests.peers.waiting import free_port

_COLLECTOR_PORTS = {"GRPC": 4317, "HTTP": 4318, "ADMIN": 4319, "SQL": 8123}
"""Which the pages leave at their defaults."""
_APPLICATION_PORT = 8000


class Newcomer(NamedTuple):
    """One."""

    environment: Mapping[str, str]
    ports: Mapping[int, int]
    """By the port that the page names: the one that is used in its place."""

    @classmethod
    def of(cls, page: str, directory: Path, url: str, commands: Path) -> Self:
        """Return who follows a page, with the provider at `url` and installed commands."""
        ports = {port: free_port() for port in (*_COLLECTOR_PORTS.values(), _APPLICATION_PORT)}
        home = directory / ".home"
        home.mkdir()
        environment = {
            "PATH": f"{commands}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "CHECKOUT": str(ROOT),
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": f"{url}/{page}/all/openai/v1",
            # What would leave this machine finds nobody.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "localhost,127.0.0.1",
            "PORT": str(ports[_APPLICATION_PORT]),
            "UVICORN_PORT": str(ports[_APPLICATION_PORT]),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{ports[_COLLECTOR_PORTS['HTTP']]}",
        }
        collector = {
            f"OTEL_COSTING_COLLECTOR_{door}_ADDRESS": f"localhost:{ports[port]}"
            for door, port in _COLLECTOR_PORTS.items()
        }
        return cls({**environment, **collector}, ports)

    def here(self, text: str) -> str:
        """Return a file or a command of the page with the ports that are used here."""
        for port, ours in self.ports.items():
            text = re.sub(rf"(?<=localhost:){port}\b", str(ours), text)
        return text

    def as_on_pages(self, text: str) -> str:
        """Return an output with the ports that the page names."""
        for port, ours in self.ports.items():
            text = text.replace(str(ours), str(port))
        return text
