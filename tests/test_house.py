"""How the house is kept, where no other tool looks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "otel_costing").rglob("*.py"))
LONGEST_FILE = 310
LONGEST_FUNCTION = 50


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [node.name for node in functions if _body_lines(node) > LONGEST_FUNCTION]

    assert long == []


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    has_docstring = isinstance(node.body[0], ast.Expr) and isinstance(
        node.body[0].value, ast.Constant
    )
    first = node.body[1] if has_docstring and len(node.body) > 1 else node.body[0]
    return (node.body[-1].end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize(
    "module",
    [
        "money",
        "figures",
        "cost",
        "pricing",
        "rates",
        "rate_book/compile",
        "rate_overrides/contracts",
        "rate_overrides/prices",
        "rate_book/contract_terms",
        "ledger",
        "settlement",
        "rollup",
    ],
)
def test_no_float_stands_between_a_rate_and_a_column(module: str) -> None:
    tree = ast.parse((ROOT / "otel_costing" / f"{module}.py").read_text(encoding="utf-8"))
    floats = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    called = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "float"
    ]

    assert floats == []
    assert called == []


def test_the_project_speaks_of_itself_alone() -> None:
    """No path of a machine, no registry host, no word of another checkout."""
    forbidden = (
        "../" + "shared",
        "/work" + "/",
        "files.pythonhosted" + ".org",
        "registry.npmjs" + ".org",
    )
    texts = [
        path
        for path in ROOT.rglob("*")
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".sql"}
        and ".venv" not in path.parts
        and not {".sdks", ".live", ".peers", ".otelcol"} & set(path.parts)
        and "build" not in path.parts
    ]
    guilty = [
        relative(path)
        for path in texts
        if any(word in path.read_text(encoding="utf-8") for word in forbidden)
    ]

    assert guilty == []
