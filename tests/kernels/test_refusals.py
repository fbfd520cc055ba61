"""A kernel refuses arrays that are not what it wants, and converts none: a copy of an output would be thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kernels.calls import Call, calls

Array = NDArray[Any]
NAMES = list(calls())
OTHER_TYPES = {
    "float32": "float64",
    "float64": "float32",
    "bool": "uint8",
    "int16": "int32",
    "int32": "int64",
    "int64": "int32",
}


def of_another_type(array: Array) -> Iterator[Array]:
    yield array.astype(OTHER_TYPES[array.dtype.name])
    if array.dtype != bool:
        yield array.astype(array.dtype.newbyteorder())


def of_another_rank(array: Array) -> Iterator[Array]:
    yield array[None]
    yield array[0]


def with_gaps(array: Array) -> Iterator[Array]:
    yield np.repeat(array, 2, axis=-1)[..., ::2]
    if array.ndim > 1:
        yield np.asfortranarray(array)
        yield np.concatenate([array, array], 1)[:, : array.shape[1]]


def longer(array: Array, axis: int) -> Array:
    return np.concatenate([array, np.take(array, [0], axis)], axis)


def shorter(array: Array, axis: int) -> Array:
    return np.ascontiguousarray(np.take(array, range(array.shape[axis] - 1), axis))


def assert_refused(call: Call, error: type[Exception], match: str, **changed: Any) -> None:
    arguments = call.arguments | changed
    outputs = [arguments[name] for name in call.outputs]
    before = [output.copy() for output in outputs]
    with pytest.raises(error, match=match):
        call.run(**changed)
    for output, old in zip(outputs, before, strict=True):
        np.testing.assert_array_equal(output, old)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused(name: str) -> None:
    call = calls()[name]
    arrays = {key: value for key, value in call.arguments.items() if isinstance(value, np.ndarray)}
    assert set(call.outputs) <= set(arrays)
    for key, array in arrays.items():
        for wrong in (*of_another_type(array), *of_another_rank(array), *with_gaps(array)):
            assert wrong.dtype != array.dtype or wrong.ndim != array.ndim or not wrong.flags.c_contiguous
            assert_refused(call, TypeError, "incompatible function arguments", **{key: wrong})
        for axis in range(array.ndim):
            if (key, axis) not in call.free:
                for wrong in (shorter(array, axis), longer(array, axis)):
                    assert_refused(call, ValueError, "must", **{key: wrong})
    for key in call.outputs:
        still = arrays[key].copy()
        still.flags.writeable = False
        assert_refused(call, TypeError, "incompatible function arguments", **{key: still})


@pytest.mark.parametrize("name", [name for name, call in calls().items() if "last" in call.arguments])
def test_lines_that_are_not_there_are_refused(name: str) -> None:
    call = calls()[name]
    last = call.arguments["last"]
    for wrong in ({"first": -1}, {"first": last + 1}, {"last": 10**6}):
        assert_refused(call, ValueError, "must", **wrong)


@pytest.mark.parametrize("name", NAMES)
def test_read_only_inputs_are_taken(name: str) -> None:
    call, same = calls()[name], calls()[name]
    call.run()
    for key, value in same.arguments.items():
        if isinstance(value, np.ndarray) and key not in call.outputs:
            value.flags.writeable = False
    same.run()
    for key in call.outputs:
        np.testing.assert_array_equal(same.arguments[key], call.arguments[key])
