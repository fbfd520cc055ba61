"""A kernel refuses arrays that are not what it wants, and converts none: a copy of an output would be thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.squared import SMALLEST_CUTOFF
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


# What may be weights in 255ths instead of a mask.
WEIGHED = {"squared_rows": ("kept", "usable"), "vector_rows": ("kept", "usable"), "histogram_rows": ("usable",)}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused(name: str) -> None:
    call = calls()[name]
    arrays = {key: value for key, value in call.arguments.items() if isinstance(value, np.ndarray)}
    assert set(call.outputs) <= set(arrays)
    for key, array in arrays.items():
        for wrong in (*of_another_type(array), *of_another_rank(array), *with_gaps(array)):
            if wrong.dtype == np.uint8 and key in WEIGHED.get(name.split(",")[0].split(" ")[0], ()):
                continue
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


def sides() -> list[tuple[str, str]]:
    """Return the calls of kernels that count pixels in 32 bits along a side, and their images of one number a pixel."""
    images = {
        "squared": ("fixed", "usable"),
        "histogram": ("bins", "usable"),
        "vector": ("kept", "usable"),
        "sampled": ("values", "usable"),
        "turned": ("usable",),
        "warp_linear": ("mask", "valid"),
        "warp_cubic": ("mask", "valid"),
        "warp_nearest": ("out",),
    }
    return [(name, key) for name in NAMES for kernel, keys in images.items() if name.startswith(kernel) for key in keys]


@pytest.mark.parametrize(("name", "key"), sides())
def test_sides_beyond_32_bits_are_refused(name: str, key: str) -> None:
    call = calls()[name]
    array = call.arguments[key]
    for axis in range(array.ndim):
        # Without memory; that another side is 0 is not what is refused.
        shape = [2**31 if at == axis else 0 if at == (axis + 1) % array.ndim else 1 for at in range(array.ndim)]
        with pytest.raises(ValueError, match=r"2\^31"):
            call.run(**{key: np.empty(shape, array.dtype)})


def test_what_lies_beyond_32_bits_is_refused() -> None:
    index = "warp_nearest, 2D, perspective 0.0"
    assert_refused(calls()[index], ValueError, r"2\^31", source=np.array([31, 2**31]))
    canvas = {"out": np.empty((2, 0, 2**31), np.float32), "low": np.empty((2, 0, 2**29), np.float32)}
    with pytest.raises(ValueError, match=r"2\^31"):
        calls()["turned"].run(**canvas)
    with pytest.raises(ValueError, match=r"2\^31"):
        calls()["histogram_rows, 2D, cubic True, perspective 0.0"].run(out=np.empty((0, 2**31)))


@pytest.mark.parametrize("wrong", [{"first": -1}, {"first": 2**31}, {"step": 0}, {"step": -1}, {"step": 2**31}])
def test_rows_that_are_not_there_are_refused(wrong: dict[str, int]) -> None:
    assert_refused(calls()["sampled_rows, perspective 0.0"], ValueError, "must be", **wrong)


@pytest.mark.parametrize("rank", [2, 3])
def test_derivatives_of_no_bin_are_refused(rank: int) -> None:
    for shape, match in (((0, 11), "a row"), ((2**16, 2**15), "fewer than")):
        # The memory of zeros is only claimed where it is touched.
        try:
            cells = np.zeros(shape, np.float32)
        except MemoryError:
            pytest.skip("so large an array cannot be made here")
        assert_refused(calls()[f"slope_rows, {rank}D"], ValueError, match, slope=cells, curvature=cells)


@pytest.mark.parametrize("name", ["squared_rows, 3D, cubic True, perspective 0.0", "slope_rows, 3D"])
def test_a_perspective_of_volumes_is_refused(name: str) -> None:
    bent = calls()[name].arguments["generators"].copy()
    bent[1, 3, 0] = 0.1
    assert_refused(calls()[name], ValueError, "must be affine", generators=bent)


@pytest.mark.parametrize("cutoff", [0.0, -1.0, 1e-20, -np.inf, np.nan])
def test_cutoffs_without_a_reciprocal_are_refused(cutoff: float) -> None:
    assert cutoff != cutoff or cutoff < SMALLEST_CUTOFF
    for name in NAMES:
        if name.startswith("squared_rows"):
            assert_refused(calls()[name], ValueError, "cutoff must be at least 1e-18", cutoff=cutoff)


@pytest.mark.parametrize("code", ["h", "i", "l", "q"])
@pytest.mark.slow
def test_integers_are_taken_by_whatever_name_c_has_for_them(code: str) -> None:
    taken = 0
    for name in NAMES:
        plain, other = calls()[name], calls()[name]
        for key, array in other.arguments.items():
            if isinstance(array, np.ndarray) and array.dtype.kind == "i" and array.itemsize == np.dtype(code).itemsize:
                other.arguments[key] = array.view(np.dtype(code))
                assert memoryview(other.arguments[key]).format == code
                taken += 1
        plain.run()
        other.run()
        for key in plain.outputs:
            np.testing.assert_array_equal(other.arguments[key], plain.arguments[key])
    assert taken
