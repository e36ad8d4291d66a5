"""Files of SQL as a ClickHouse client reads them: statement by statement."""

from __future__ import annotations

import re
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "collector" / "deploy"
SHIPPED = sorted((DEPLOY / "clickhouse").rglob("*.sql"))


def statements(path: Path) -> list[str]:
    """Return the statements of a file, without the comments between them."""
    text = re.sub(r"^--.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [one.strip() for one in re.split(r";\n", text) if one.strip()]
