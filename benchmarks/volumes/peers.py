"""Other programs on one pair of volumes, by the Python they are installed for: ``peers.py PAIR.npz NAME THREADS``.

Each is given the two volumes in memory, is started as its documentation does for a rigid or an affine transform, and is
asked for its transform from fixed to moving points in mm. That is printed with what its own call took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

# Takes a pair and a number of threads; returns a transform, and what the call took by both of `clock`'s times.
Program = Callable[[Any, int], tuple[np.ndarray, np.ndarray]]
PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    """Register a program under its function's name."""
    PROGRAMS[function.__name__] = function
    return function


def clock() -> np.ndarray:
    """Return the time by the clock on the wall, and by that of this process's processors."""
    return np.array([time.perf_counter(), time.process_time()])


def _itk(array: np.ndarray, spacing: np.ndarray, origin: np.ndarray) -> Any:
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)
    image.SetSpacing([float(each) for each in spacing[::-1]])
    image.SetOrigin([float(each) for each in origin[::-1]])
    return image


def _of_itk(matrix: np.ndarray, translation: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return ITK's transform, (x, y, z), as ours."""
    pose = np.eye(4)
    pose[:3, :3] = matrix[::-1, ::-1]
    pose[:3, 3] = (translation + centre - matrix @ centre)[::-1]
    return pose


@program
def simpleitk_mi(data: Any, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Mattes' mutual information, a tenth of the voxels, three levels: SimpleITK's own example."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    fixed, moving = _itk(data["fixed"], data["fs"], data["fo"]), _itk(data["moving"], data["ms"], data["mo"])
    began = clock()
    kind = sitk.AffineTransform(3) if int(data["affine"]) else sitk.Euler3DTransform()
    start = sitk.CenteredTransformInitializer(fixed, moving, kind, sitk.CenteredTransformInitializerFilter.GEOMETRY)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.1, 7)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(2.0, 1e-4, 300)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    method.SetInitialTransform(start, inPlace=False)
    found = sitk.Transform(method.Execute(fixed, moving))
    taken = clock() - began
    zero = np.array(found.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.array([np.array(found.TransformPoint(tuple(map(float, e)))) - zero for e in np.eye(3)]).T
    return _of_itk(matrix, zero, np.zeros(3)), taken


@program
def elastix(data: Any, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """itk-elastix with its own default parameters."""
    import itk

    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(threads)
    images = []
    for name, spacing, origin in (("fixed", "fs", "fo"), ("moving", "ms", "mo")):
        image = itk.image_from_array(np.ascontiguousarray(data[name]))
        image.SetSpacing([float(each) for each in data[spacing][::-1]])
        image.SetOrigin([float(each) for each in data[origin][::-1]])
        images.append(image)
    parameters = itk.ParameterObject.New()
    kind = "affine" if int(data["affine"]) else "rigid"
    defaults = parameters.GetDefaultParameterMap(kind)
    defaults["AutomaticTransformInitialization"] = ["true"]
    defaults["AutomaticTransformInitializationMethod"] = ["CenterOfGravity"]
    parameters.AddParameterMap(defaults)
    began = clock()
    _, found = itk.elastix_registration_method(
        *images, parameter_object=parameters, log_to_console=False, number_of_threads=threads
    )
    taken = clock() - began
    answer = found.GetParameterMap(0)
    numbers = np.array([float(each) for each in answer["TransformParameters"]])
    centre = np.array([float(each) for each in answer["CenterOfRotationPoint"]])
    if kind == "affine":
        return _of_itk(numbers[:9].reshape(3, 3), numbers[9:], centre), taken
    a, b, c = numbers[:3]
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return _of_itk(rz @ rx @ ry, numbers[3:], centre), taken


@program
def greedy(data: Any, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """picsl-greedy: NMI for two modalities, NCC for one, started by moments as its tutorial does."""
    from picsl_greedy import Greedy3D

    fixed, moving = _itk(data["fixed"], data["fs"], data["fo"]), _itk(data["moving"], data["ms"], data["mo"])
    metric = "NMI" if int(data["modalities"]) == 2 else "NCC 2x2x2"
    dof = 12 if int(data["affine"]) else 6
    tool = Greedy3D()
    began = clock()
    tool.execute(
        f"-threads {threads} -a -dof {dof} -i f m -ia-image-centers -n 100x50x10 -m {metric} -o pose",
        f=fixed,
        m=moving,
        pose=None,
    )
    taken = clock() - began
    # RAS, (x, y, z): LPS has the first two turned round.
    ras = np.asarray(tool["pose"], float)
    turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    lps = turn @ ras @ turn
    return _of_itk(lps[:3, :3], lps[:3, 3], np.zeros(3)), taken


@program
def ants(data: Any, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """antspyx: its `registration` of type Rigid or Affine."""
    os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = str(threads)
    import ants as tool

    images = [
        tool.from_numpy(
            np.ascontiguousarray(data[name].T).astype(np.float32),
            spacing=tuple(float(each) for each in data[spacing][::-1]),
            origin=tuple(float(each) for each in data[origin][::-1]),
        )
        for name, spacing, origin in (("fixed", "fs", "fo"), ("moving", "ms", "mo"))
    ]
    began = clock()
    found = tool.registration(*images, type_of_transform="Affine" if int(data["affine"]) else "Rigid", random_seed=7)
    taken = clock() - began
    answer = tool.read_transform(found["fwdtransforms"][0])
    numbers = np.array(answer.parameters, float)
    return _of_itk(numbers[:9].reshape(3, 3), numbers[9:], np.array(answer.fixed_parameters, float)), taken


def main() -> None:
    """Run one program on one pair and print its answer."""
    path, name, threads = sys.argv[1:4]
    data = dict(np.load(path))
    pose, (seconds, cpu) = PROGRAMS[name](data, int(threads))
    print("\n@" + json.dumps({"pose": pose.tolist(), "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
