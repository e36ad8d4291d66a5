"""The collector's bench, for faults that need no process."""

from __future__ import annotations

from tests.collector.conftest import bench

__all__ = ["bench"]
