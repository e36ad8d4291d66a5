"""Which packages the demo needs, as the extra `demo` of this distribution says."""

from __future__ import annotations

import re
from importlib import metadata

# `openai<4,>=3.50; extra == 'demo'`. Requirements under a further condition are left to what needs them to say.
_OF_THE_EXTRA = re.compile(r"""([\w.-]+)[^;\[]*; extra == ['"]demo['"]""")


def needed() -> list[str]:
    """Return the names of the packages, as pip knows them, each once."""
    requirements = metadata.requires("otel-costing") or []
    names = (named[1] for one in requirements if (named := _OF_THE_EXTRA.fullmatch(one)))
    return list(dict.fromkeys(names))


def missing() -> list[str]:
    """Return those of them that are not installed."""
    return [name for name in needed() if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
