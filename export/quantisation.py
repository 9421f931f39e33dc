"""Weights as whole numbers of eight bits, with the scales that make them numbers again."""

import numpy as np
from numpy.typing import NDArray

LARGEST = 127
"""Of 8 signed bits. -128 is left out, so that values lie symmetric about zero."""

# The smallest number with all its digits: a column of zeros gets a scale that divides.
_SMALLEST_SCALE = np.finfo(np.float32).tiny


def quantise_columns(
    weight: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """`weight` [in, out] as whole numbers [in, out] and one scale for each column [out].

    Numbers times scale is the weight, at most half a scale off. The scale is the column's largest
    magnitude over 127, so zero stays zero and no value is cut off.
    """
    largest = np.maximum(weight.max(axis=0), -weight.min(axis=0))  # no copy, as np.abs makes
    scales: NDArray[np.float32] = np.maximum(largest / np.float32(LARGEST), _SMALLEST_SCALE)
    steps = weight / scales
    np.rint(steps, out=steps)
    return steps.astype(np.int8), scales
