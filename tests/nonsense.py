"""Calls of every public function that make sense, and values that make none, to be put in the place of an argument."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

import superpose
from superpose import metrics, transforms

FAILURE = "not today"


def _fails(*_given: Any, **_named: Any) -> Any:
    raise RuntimeError(FAILURE)


class Failing:
    """Whatever is asked of it raises."""

    __array__ = __len__ = __iter__ = __getitem__ = __contains__ = __bool__ = __float__ = __int__ = _fails
    __index__ = __complex__ = __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __repr__ = __str__ = _fails
    __format__ = __fspath__ = __add__ = __sub__ = __mul__ = __matmul__ = __neg__ = __abs__ = __round__ = _fails
    __getattr__ = _fails


class FailingWhenCalled(Failing):
    """That, and it may be called, which raises, too."""

    __call__ = _fails


class ArrayOfText:
    """An object whose array is none of numbers."""

    def __array__(self, *_given: Any, **_named: Any) -> Any:
        return np.array(["a", "b"])


def _numbers() -> Iterator[int]:
    yield from (1, 2, 3)


# Values that nothing takes, whatever the argument.
SENSELESS: dict[str, Callable[[], Any]] = {
    "object()": object,
    "Failing()": Failing,
    "ArrayOfText()": ArrayOfText,
    "{}": dict,
    "{'a': 1}": lambda: {"a": 1},
    "set()": set,
    "...": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    "1j": lambda: 1j,
    "a module": lambda: math,
    "a date": lambda: datetime.date(2020, 1, 1),
    "datetime64": lambda: np.datetime64("2020-01-01"),
    "array of dates": lambda: np.array(["2020-01-01"], "datetime64[D]"),
    "array of text": lambda: np.array(["a", "b"]),
    "array of records": lambda: np.zeros(3, [("a", float)]),
    "array of complex": lambda: np.ones((48, 48), complex),
    "array of objects": lambda: np.array([object(), None]),
    "ragged": lambda: [[1, 2], [3]],
    "list of None": lambda: [None, None],
    "deep list": lambda: [[[[[[1]]]]]],
    "a generator": lambda: _numbers(),
    "a slice": lambda: slice(3),
    "an exception": lambda: ValueError("x"),
}
# Values that some arguments may take.
ODD: dict[str, Callable[[], Any]] = {
    "FailingWhenCalled()": FailingWhenCalled,
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "np.True_": lambda: np.True_,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1": lambda: 1,
    "2": lambda: 2,
    "7": lambda: 7,
    "10**9": lambda: 10**9,
    "10**400": lambda: 10**400,
    "-10**400": lambda: -(10**400),
    "10**6000": lambda: 10**6000,
    "np.uint64 max": lambda: np.uint64(2**64 - 1),
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "1e308": lambda: 1e308,
    "-1e308": lambda: -1e308,
    "1e-320": lambda: 1e-320,
    "-0.0": lambda: -0.0,
    "0.5": lambda: 0.5,
    "np.float16 inf": lambda: np.float16(np.inf),
    "np.longdouble": lambda: np.longdouble("1e4000"),
    "Fraction": lambda: Fraction(1, 3),
    "huge Fraction": lambda: Fraction(10**400),
    "Decimal": lambda: Decimal("0.5"),
    "Decimal nan": lambda: Decimal("sNaN"),
    "''": str,
    "'x'": lambda: "x",
    "'auto'": lambda: "auto",
    "'nmI2'": lambda: "nmI2",
    "a long text": lambda: "x" * 5000,
    "text with a NUL": lambda: "a\0b",
    "text that is no UTF-8": lambda: "\udcff",
    "b'rigid'": lambda: b"rigid",
    "bytearray": lambda: bytearray(b"abc"),
    "Path": lambda: Path("no such file"),
    "memoryview": lambda: memoryview(b"abc"),
    "()": tuple,
    "[]": list,
    "[nan, nan]": lambda: [math.nan, math.nan],
    "[1e308, -1e308]": lambda: [1e308, -1e308],
    "[10**400, 0]": lambda: [10**400, 0],
    "(1, 2, 3, 4)": lambda: (1, 2, 3, 4),
    "array()": lambda: np.array(0.25),
    "array([])": lambda: np.array([]),
    "array([1, 2])": lambda: np.array([1, 2]),
    "zeros (3, 3)": lambda: np.zeros((3, 3)),
    "huge (3, 3)": lambda: np.full((3, 3), 1e308),
    "tiny (3, 3)": lambda: np.diag([1e-300, 1e-300, 1.0]),
    "eye (4, 4)": lambda: np.eye(4),
    "zeros (48, 48)": lambda: np.zeros((48, 48)),
    "nan (48, 48)": lambda: np.full((48, 48), math.nan),
    "inf (48, 48)": lambda: np.full((48, 48), math.inf),
    "huge (48, 48)": lambda: np.where(np.eye(48) > 0, 1e308, -1e308),
    "text (48, 48)": lambda: np.full((48, 48), "1.0"),
    "flags (48, 48)": lambda: np.eye(48, dtype=bool),
    "(6, 40, 36)": lambda: np.random.default_rng(0).random((6, 40, 36), np.float32),
    "(0, 5)": lambda: np.ones((0, 5)),
    "a row of 10,000": lambda: np.arange(10_000.0)[None],
    "masked": lambda: np.ma.masked_all((48, 48)),
    "int": lambda: int,
    "SearchRange": lambda: superpose.SearchRange,
    "SearchRange()": lambda: superpose.SearchRange(),
    "NMI": lambda: metrics.NMI,
    "NMI()": lambda: metrics.NMI(),
    "rigid(0.1)": lambda: superpose.rigid(0.1),
    "volume's": lambda: superpose.rigid((0.1, 0, 0)),
    "fails": lambda: _fails,
    "returns nothing": lambda: lambda *_given: None,
    "returns text": lambda: lambda *_given: "no",
    "returns nan": lambda: lambda *_given: math.nan,
    "returns Failing()": lambda: lambda *_given: Failing(),
    "takes nothing": lambda: lambda: 0.0,
    "print": lambda: math.sqrt,
}
NONSENSE = SENSELESS | ODD


@dataclass(frozen=True)
class Call:
    """A function, and arguments that it takes: one at a time is replaced."""

    function: Callable[..., Any]
    arguments: dict[str, Any]


@cache
def image() -> Any:
    """Return the image that all calls are about."""
    return ndimage.gaussian_filter(np.random.default_rng(0).random((48, 48)), 2)


@cache
def registration() -> superpose.Registration:
    """Return a result whose methods are called."""
    return superpose.register(image(), np.roll(image(), 2, 1), transform="translation")


def _landscape() -> superpose.Landscape:
    return superpose.landscape(image(), image(), over=[-1, 0, 1])


def _register(**more: Any) -> dict[str, Any]:
    return {"fixed": image(), "moving": np.roll(image(), 2, 1), "transform": "translation", "threads": 1} | more


@cache
def calls(folder: str) -> dict[str, Call]:
    """Return a call of each public function, class and method that takes arguments; files go to a folder."""
    found, one = registration(), image()
    points = [[1.0, 2.0], [30.0, 4.0], [5.0, 40.0], [33.0, 35.0], [20.0, 11.0]]
    turned, pair = superpose.rigid(0.1, shift=(1, 2)), {"fixed": one, "warped": one}
    about = {"shift": (1, 2), "centre": (3, 4)}
    engine: dict[str, Any] = dict.fromkeys(
        ("bins", "fixed_mask", "moving_mask", "tolerance", "work_at", "initial", "max_pixels")
    )
    engine |= {"min_overlap": 0.2, "allow_flip": False, "fixed_pattern": "auto", "search": "auto", "metric": "auto"}
    engine |= {"on_unreliable": "warn", "progress": False}
    scipy = {"optimizer": "powell", "levels": 1, "seed": 0, "metric": "ncc", "progress": False, "initial": None}
    landscape = {"fixed": one, "moving": one, "parameter": "angle", "over": [-1.0, 0.0, 1.0], "metric": "ncc"}
    landscape |= {"levels": 1, "smooth": 0.0, "bins": None, "initial": None, "min_overlap": 0.05, "threads": 1}
    landscape |= {"max_pixels": None}
    map_ = {"parameters": ("angle", "row shift"), "over": ([-1, 1], [-1, 1]), "metric": "ncc", "levels": 1}
    plate = np.vstack([np.pad(one, 4, constant_values=1.2)] * 3)
    colours = {"plate": plate, "reference": "green", "order": "bgr", "metric": "orientation", "crop": True}
    colours |= {"transform": "translation", "progress": False, "threads": 1}
    of_file, of_zarr = {"page": None, "max_pixels": None}, {"channel": None, "level": None}
    np.save(Path(folder) / "one.npy", one)
    transforms.write(Path(folder) / "t.tfm", turned)
    calls = {
        "register": Call(superpose.register, _register(**engine)),
        "register by SciPy": Call(superpose.register, _register(**scipy) | {"on_unreliable": "ignore"}),
        "register_large": Call(
            superpose.register_large,
            {
                "fixed": one,
                "moving": one,
                "transform": "translation",
                "metric": "ncc",
                "search": "auto",
                "initial": None,
                "min_overlap": 0.2,
                "tolerance": 9.0,
                "allow_flip": False,
                "work_at": None,
                "on_unreliable": "ignore",
                "progress": False,
                "threads": 1,
                "memory_limit": None,
            },
        ),
        "colorize": Call(
            superpose.colorize, colours | {"transform": "translation", "progress": False, "threads": 1} | of_file
        ),
        "landscape": Call(superpose.landscape, landscape),
        "stack": Call(
            superpose.stack,
            {
                "frames": [one, np.roll(one, 1, 0), np.roll(one, 2, 0)],
                "transform": "translation",
                "reference": "global",
                "canvas": "fixed",
                "channel": None,
                "exclude": (),
                "transforms": None,
                "combine": "mean",
                "progress": False,
                "max_pixels": None,
                "threads": 1,
                "state": None,
                "restart": False,
                "scheduler": None,
            },
        ),
        "mosaic": Call(
            superpose.mosaic,
            {
                "images": [one[:, :30], one[:, 10:]],
                "positions": [[0, 0], [0, 10]],
                "position_sigma": 2.0,
                "transform": "translation",
                "projection": "plane",
                "focal": None,
                "blend": "mean",
                "progress": False,
                "max_pixels": None,
                "threads": 1,
                "state": None,
                "restart": False,
                "memory_limit": None,
            },
        ),
        "align_channels": Call(
            superpose.align_channels,
            {
                "image": [one, np.roll(one, 1, 0)],
                "reference": 0,
                "transform": "translation",
                "metric": "ncc",
                "use": None,
                "channel_axis": None,
                "progress": False,
                "max_pixels": None,
                "threads": 1,
            },
        ),
        "super_resolve": Call(
            superpose.super_resolve,
            {
                "frames": [one, np.roll(one, 1, 0), np.roll(one, 1, 1)],
                "scale": 1.5,
                "transform": "translation",
                "blur": 0.3,
                "channel": None,
                "exclude": (),
                "transforms": [
                    superpose.translation((0, 0)),
                    superpose.translation((1, 0)),
                    superpose.translation((0, 1)),
                ],
                "progress": False,
                "max_pixels": None,
                "threads": 1,
            },
        ),
        "average": Call(
            superpose.average,
            {
                "images": [one, np.roll(one, 1, 0)],
                "transform": "translation",
                "metric": "ncc",
                "combine": "mean",
                "max_rounds": 1,
                "tolerance": 0.1,
                "progress": False,
                "max_pixels": None,
                "threads": 1,
            },
        ),
        "pyramid": Call(superpose.pyramid, {"image": one, "levels": 2}),
        "plot_pyramid": Call(superpose.plot_pyramid, {"levels": superpose.pyramid(one, 2)}),
        "prepare": Call(superpose.prepare, {"image": one, "mask": None} | of_file),
        "load": Call(superpose.load, {"path": "no such file"}),
        "load_mosaic": Call(superpose.load_mosaic, {"path": "no such file"}),
        "load_stack": Call(superpose.load_stack, {"path": "no such file"}),
        "read": Call(superpose.read, {"path": str(Path(folder) / "one.npy")} | of_zarr | of_file),
        "read_series": Call(
            superpose.read_series, {"path": str(Path(folder) / "one.npy"), "max_pixels": None} | of_zarr
        ),
        "write": Call(superpose.write, {"path": str(Path(folder) / "a.nrrd"), "image": one, "like": one}),
        "Image": Call(
            superpose.Image,
            {"array": one, "spacing": (1, 2), "origin": (0, 1), "direction": np.eye(2), "mask": None, "unit": "mm"},
        ),
        "translation": Call(superpose.translation, {"shift": (1, 2)}),
        "rigid": Call(superpose.rigid, {"angle": 0.1}),
        "similarity": Call(superpose.similarity, {"angle": 0.1, "scale": 1.2}),
        "affine": Call(superpose.affine, {"linear": np.eye(2)}),
        "rigid about": Call(partial(superpose.rigid, 0.1), about),
        "similarity about": Call(partial(superpose.similarity, 0.1, 1.2), about),
        "affine about": Call(partial(superpose.affine, np.eye(2)), about),
        "homography": Call(superpose.homography, {"matrix": np.eye(3)} | about),
        "from_matrix": Call(superpose.from_matrix, {"matrix": np.eye(3), "family": None}),
        "from_opencv": Call(transforms.from_opencv, {"matrix": np.eye(3)[:2]}),
        "from_skimage": Call(transforms.from_skimage, {"transform": turned.as_skimage()}),
        "from_nifti": Call(transforms.from_nifti, {"matrix": np.eye(4)}),
        "from_itk": Call(transforms.from_itk, {"transform": turned.as_itk()}),
        "from_ndimage": Call(
            transforms.from_ndimage,
            {"matrix": np.eye(2), "offset": (1, 2), "fixed": superpose.Grid((4, 5)), "moving": superpose.Grid((6, 5))},
        ),
        "as_ndimage": Call(turned.as_ndimage, {"fixed": superpose.Grid((4, 5)), "moving": superpose.Grid((6, 5))}),
        "read transform": Call(transforms.read, {"path": str(Path(folder) / "t.tfm")}),
        "write transform": Call(transforms.write, {"path": str(Path(folder) / "u.tfm"), "transform": turned}),
        "MatrixTransform": Call(superpose.MatrixTransform, {"matrix": np.eye(3), "family": "rigid", "centre": ()}),
        "ViewTransform": Call(
            superpose.ViewTransform, {"projection": "sphere", "rotation": np.eye(3), "focal": 300, "centre": (20, 30)}
        ),
        "map points": Call(turned.__call__, {"points": points}),
        "jacobian": Call(turned.jacobian, {"points": points}),
        "about": Call(turned.about, {"centre": (1, 2)}),
        "distance": Call(turned.distance, {"other": turned, "points": points}),
        "fit_transform": Call(
            superpose.fit_transform, {"fixed_points": points, "moving_points": points, "transform": "affine"}
        ),
        "SearchRange": Call(superpose.SearchRange, {"angle": 3, "scale": 1.5, "shift": 0.2}),
        "Grid": Call(superpose.Grid, {"shape": (4, 5), "origin": (0, 1), "spacing": (1, 2)}),
        "warp": Call(found.warp, {"image": one, "order": 1, "fill": 0.0, "threads": 1}),
        "warp lazily": Call(found.warp, {"image": one, "order": 1, "fill": 0.0, "clip": True, "lazy": True}),
        "warp_labels": Call(found.warp_labels, {"labels": one.astype(int), "fill": 0}),
        "to_fixed": Call(found.to_fixed, {"points": points, "order": "rc"}),
        "to_moving": Call(found.to_moving, {"points": points, "order": "rc"}),
        "minimum": Call(_landscape().minimum, {"level": 0}),
        "costs_on": Call(_landscape().costs_on, {"level": 0}),
        "local_minima": Call(_landscape().local_minima, {"level": 0}),
        "plot_landscape": Call(found.plot_landscape, map_ | {"longest": 64, "threads": 1}),
        "report": Call(found.report, {"path": str(Path(folder) / "page.html"), "title": None}),
        "save": Call(found.save, {"path": str(Path(folder) / "file.json")}),
        "at": Call(found.at, {"basin": found.basins[0]}),
        "with_images": Call(found.with_images, {"fixed": one, "moving": one}),
        "metric_named": Call(metrics.metric_named, {"metric": "nmi", "auto": "ncc"}),
    }
    for name in ("mse", "ncc", "mi", "nmi", "correlation_ratio", "orientation", "joint_histogram"):
        bins = {} if name in ("mse", "ncc", "orientation") else {"bins": 8}
        calls[name] = Call(getattr(metrics, name), pair | {"mask": None} | bins)
    for name in ("MI", "NMI", "CorrelationRatio"):
        calls[name] = Call(getattr(metrics, name), {"bins": 8})
    for metric in metrics.METRICS.values():
        calls[f"{metric.name}.value"] = Call(metric.value, pair | {"mask": None})
    return calls
