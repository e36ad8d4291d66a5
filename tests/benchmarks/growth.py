"""How a figure grows with the work: one power, fitted to at least three sizes."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from statistics import linear_regression

from tests.benchmarks.figure import Growth

_LEAST_SIZES = 3
"""Through two points any power goes."""


def growth_with(of: str, measured: Mapping[int, float]) -> Growth:
    """Fit the power by least squares of logarithms.

    Args:
        of: what there is more of, as `spans`.
        measured: by size, what all of it took: seconds, bytes.

    Raises:
        ValueError: of too few sizes.
    """
    if len(measured) < _LEAST_SIZES:
        raise ValueError(f"a growth with {of} needs {_LEAST_SIZES} sizes, not {len(measured)}")
    sizes = tuple(sorted(measured))
    fitted = linear_regression([log(one) for one in sizes], [log(measured[one]) for one in sizes])
    return Growth(fitted.slope, of, sizes)


def growth_of_each(of: str, measured: Mapping[int, float]) -> Growth:
    """Fit it to what each single one took: as many times that is what all took."""
    return growth_with(of, {size: size * each for size, each in measured.items()})
