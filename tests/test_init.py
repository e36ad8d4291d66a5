"""What `from otel_costing import ...` gives, in whatever order things are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "earlier",
    [
        "import otel_costing.receipt",
        "from otel_costing.receipt import Receipt",
        "from otel_costing import *",
        "from otel_costing import CostSpanProcessor",
    ],
)
def test_receipt_is_the_function_whatever_was_imported_before(earlier: str) -> None:
    program = (
        f"{earlier}\nfrom otel_costing import receipt\nwith receipt() as r: print(r.total_usd)"
    )

    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert said.stdout == b"0E-12\n"
