"""Weights as whole numbers: close, symmetric, and safe whatever a column holds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from export.quantisation import LARGEST, quantise_columns
from tests.exporter.checkpoints import Array

FINITE = st.floats(-(2.0**100), 2.0**100, width=32)
SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)
WEIGHTS = arrays.arrays(np.float32, SHAPES, elements=FINITE)


@given(WEIGHTS)
def test_a_value_moves_by_half_a_step_at_most(weight: Array) -> None:
    values, scales = quantise_columns(weight)
    assert values.dtype == np.int8
    assert values.shape == weight.shape
    assert scales.dtype == np.float32
    assert scales.shape == weight.shape[1:]
    exact = scales.astype(np.float64)
    # A scale and a quotient are rounded to 24 bits, hence a little more than a half.
    assert (np.abs(values * exact - weight) <= exact * (0.5 + 1e-4)).all()


@given(WEIGHTS)
def test_it_is_symmetric(weight: Array) -> None:
    values, scales = quantise_columns(weight)
    opposite, same_scales = quantise_columns(-weight)
    np.testing.assert_array_equal(opposite, -values)
    np.testing.assert_array_equal(same_scales, scales)


@given(WEIGHTS)
def test_no_value_is_cut_off_and_the_largest_takes_the_whole_range(weight: Array) -> None:
    values, _ = quantise_columns(weight)
    assert (np.abs(values.astype(int)) <= LARGEST).all()
    magnitudes = np.abs(weight)
    ordinary = magnitudes.max(axis=0) > 1e-30
    assert (np.abs(values.astype(int)).max(axis=0)[ordinary] == LARGEST).all()


@given(WEIGHTS, st.integers(0, 11))
def test_columns_do_not_feel_each_other(weight: Array, column: int) -> None:
    column %= weight.shape[1]
    alone = weight[:, [column]]
    values, scales = quantise_columns(weight)
    values_alone, scales_alone = quantise_columns(alone)
    np.testing.assert_array_equal(values[:, [column]], values_alone)
    np.testing.assert_array_equal(scales[[column]], scales_alone)


@pytest.mark.parametrize("make", [np.zeros_like, np.negative])
def test_a_column_of_zeros(make: Callable[[Array], Array]) -> None:
    weight = make(np.zeros((3, 2), np.float32))
    values, scales = quantise_columns(weight)
    assert not values.any()
    assert (scales > 0).all()
    assert np.isfinite(np.float32(1) / scales).all()
