"""Grafana's own types of dashboards: TypeScript finds nothing wrong with ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dashboards.generate import documents
from tests.peers.grafana import PACKAGES, installed

pytestmark = [installed, pytest.mark.skipif(shutil.which("node") is None, reason="no node")]
MODULE = """import type { Dashboard } from '@grafana/schema';
// A text in JSON is no member of an enumeration, though it be spelled like one.
type AsWritten<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: AsWritten<T[K]> } : T;
export const dashboard: AsWritten<Dashboard> = """
OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--target", "es2022")


def found_wrong(directory: Path, texts: dict[str, str]) -> list[str]:
    """Return what the compiler says of dashboards, each named by its file."""
    (directory / "node_modules").symlink_to(PACKAGES)
    for name, text in texts.items():
        (directory / f"{Path(name).stem}.ts").write_text(MODULE + text, encoding="utf-8")
    compiler = PACKAGES / ".bin" / "tsc"
    checked = subprocess.run(
        [compiler, *OPTIONS, "--moduleResolution", "bundler", *directory.glob("*.ts")],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return checked.stdout.splitlines()


def test_each_dashboard_is_one_by_grafanas_types(tmp_path: Path) -> None:
    assert found_wrong(tmp_path, documents()) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"gridPos"', '"gridPosition"'),
        ('"absolute"', '"absolut"'),
        ('"schemaVersion": ', '"schemaVersion": "" + '),
    ],
)
def test_a_mistake_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    text = documents()["pipeline_health.json"].replace(right, wrong)

    assert found_wrong(tmp_path, {"mistaken.json": text})
