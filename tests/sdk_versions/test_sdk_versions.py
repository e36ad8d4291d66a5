"""Old and new SDKs: the same promises, by whatever way each of them leaves open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("conformance.py")


def checked(*paths: Path) -> str:
    """Run the script with these folders before what is installed; a warning is an error."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("version", "way"),
    [("1.28.2", "wraps end"), ("1.36.0", "wraps end")],
)
def test_an_older_sdk_is_priced_by_its_public_way(version: str, way: str) -> None:
    sdk = ROOT / ".sdks" / version
    if not (sdk / "opentelemetry" / "sdk").is_dir():
        pytest.skip(f"no opentelemetry-sdk {version} in .sdks; `make test` installs it")

    assert checked(sdk, ROOT) == f"opentelemetry-sdk {version}: {way}"


def test_the_installed_sdk_keeps_the_same_promises() -> None:
    said = checked(ROOT)

    assert said.startswith("opentelemetry-sdk ")
    assert said.endswith(("adds while a span is ending", "wraps end"))
