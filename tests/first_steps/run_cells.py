"""Runs the cells of a notebook in this interpreter's kernel; a page's own environment executes it.

It reads a JSON list of cells, and writes one of what each said: its prints, then its value.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import nbformat
from nbclient import NotebookClient


def main() -> None:
    """Run them in their order."""
    cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    json.dump(["".join(map(_text, cell.outputs)) for cell in notebook.cells], sys.stdout)


def _text(output: Any) -> str:
    """Return an output as text; what went to standard error is no part of it."""
    if output.output_type == "stream":
        return str(output.text) if output.name == "stdout" else ""
    return str(output.data["text/plain"])


if __name__ == "__main__":
    main()
