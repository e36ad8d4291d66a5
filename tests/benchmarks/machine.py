"""What the figures were measured on, without what would name the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from otel_costing import pricing

_PACKAGES = (
    "otel-costing",
    "opentelemetry-sdk",
    "chdb",
    "clickhouse-connect",
    "protobuf",
    "genai-prices",
    "tokencost",
)


class Machine(NamedTuple):
    """As far as a figure may depend on it."""

    cores: int
    cpu: str
    memory_gb: int
    """Of 10^9 bytes."""
    system: str
    versions: Mapping[str, str]
    """Of Python and of the packages that do the work."""


def this_machine() -> Machine:
    """Look at it."""
    page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    versions = {name: metadata.version(name) for name in _PACKAGES}
    if not str(pricing.__file__).endswith(".py"):
        versions["otel-costing"] += ", compiled"
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        cpu=_cpu_model(),
        memory_gb=round(page * pages / 1e9),
        system=f"{platform.system()} {platform.machine()}",
        versions={"python": platform.python_version(), **versions},
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return "unknown"
