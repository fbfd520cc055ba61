"""Volumes that lie obliquely, of unequal spacing: what other libraries resample by our transform is our own `warp`."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

import superpose
from superpose import Grid, Image, MatrixTransform, Registration
from superpose.image import UserImage
from superpose.transforms import from_itk, from_ndimage, from_nifti

Pixels = NDArray[np.float32]
# No number is another one's, and no axis runs along one of space's.
FIXED = Grid(
    (22, 30, 34), (-14.0, 21.0, 9.0), (2.2, 1.1, 0.9), Rotation.from_euler("zyx", (0.3, -0.2, 0.5)).as_matrix().tolist()
)
# It lies about where the transforms take fixed's middle.
MOVING = Grid(
    (30, 44, 56),
    (-28.75, 0.5, 25.25),
    (1.9, 1.3, 0.8),
    Rotation.from_euler("zyx", (0.1, 0.35, 0.2)).as_matrix().tolist(),
)
MIDDLE = tuple(FIXED.centre.tolist())
TRANSFORMS = {
    "translation": superpose.translation((3.5, -2.25, 6.75)),
    "rigid": superpose.rigid((0.2, -0.1, 0.3), (3.5, -2.25, 6.75), MIDDLE),
    "affine": superpose.affine(
        [[0.95, 0.1, -0.05], [0.02, 1.08, 0.12], [0.09, -0.04, 0.9]], (3.5, -2.25, 6.75), MIDDLE
    ),
}


@pytest.fixture(scope="module")
def volume() -> Pixels:
    noise = np.random.default_rng(8).random(MOVING.shape)
    return ndimage.gaussian_filter(noise, 2.5).astype(np.float32) * 100


@pytest.fixture(params=TRANSFORMS)
def registration(request: pytest.FixtureRequest, volume: Pixels) -> Registration:
    transform = TRANSFORMS[request.param]
    return Registration(
        transform=transform,
        value=0.0,
        metric="mse",
        optimizer="none",
        levels=(),
        overlap=1.0,
        initial=transform,
        fixed_grid=FIXED,
        moving_grid=MOVING,
        _moving=UserImage(volume, grid=MOVING),
    )


def placed(array: Pixels, grid: Grid) -> Image:
    return Image(array, grid.spacing, grid.origin, grid.direction, unit="mm")


def interior(registration: Registration) -> NDArray[np.bool_]:
    inner = ndimage.binary_erosion(registration.valid, iterations=3)
    assert inner.sum() > 1500
    return inner


def by_simpleitk(transform: sitk.Transform, volume: Pixels) -> Pixels:
    fixed = placed(np.zeros(FIXED.shape, np.float32), FIXED).to_itk()
    resampled = sitk.Resample(placed(volume, MOVING).to_itk(), fixed, transform, sitk.sitkLinear)
    return sitk.GetArrayFromImage(resampled)  # type: ignore[no-any-return]


def test_the_pair_would_show_a_mix_up(registration: Registration, volume: Pixels) -> None:
    # A test of these tests: RAS for LPS, the other order of axes, and the inverse give quite another picture.
    inner, ours = interior(registration), registration.warp(order=1)
    matrix = registration.transform.matrix
    flip, swap = np.diag([1.0, -1, -1, 1]), np.eye(4)[[2, 1, 0, 3]]
    for wrong in (flip @ matrix @ flip, swap @ matrix @ swap, np.linalg.inv(matrix)):
        theirs = by_simpleitk(superpose.from_matrix(wrong).as_itk(), volume)
        assert np.abs(theirs - ours)[inner].mean() > 0.5
    assert ours[inner].std() > 1


def test_simpleitk_resamples_by_our_transform_and_by_our_file(
    registration: Registration, volume: Pixels, tmp_path: Path
) -> None:
    inner, ours = interior(registration), registration.warp(order=1)
    assert np.abs(by_simpleitk(registration.transform.as_itk(), volume) - ours)[inner].max() < 2e-3
    for name in ("t.tfm", "t.txt"):
        superpose.transforms.write(tmp_path / name, registration)
        theirs = sitk.ReadTransform(str(tmp_path / name))
        assert np.abs(by_simpleitk(theirs, volume) - ours)[inner].max() < 2e-3
        assert superpose.transforms.read(tmp_path / name) == superpose.from_matrix(registration.transform.matrix)


def test_simpleitk_resamples_files_that_we_wrote(registration: Registration, volume: Pixels, tmp_path: Path) -> None:
    inner, ours = interior(registration), registration.warp(order=1)
    superpose.write(tmp_path / "moving.nii.gz", placed(volume, MOVING))
    superpose.write(tmp_path / "fixed.mha", placed(np.zeros(FIXED.shape, np.float32), FIXED))
    superpose.transforms.write(tmp_path / "t.tfm", registration.transform)
    files = [sitk.ReadImage(str(tmp_path / name)) for name in ("moving.nii.gz", "fixed.mha")]
    theirs = sitk.Resample(*files, sitk.ReadTransform(str(tmp_path / "t.tfm")), sitk.sitkLinear)
    assert np.abs(sitk.GetArrayFromImage(theirs) - ours)[inner].max() < 2e-3
    assert superpose.Image.from_itk(theirs).grid.to_physical((3, 4, 5)) == pytest.approx(FIXED.to_physical((3, 4, 5)))


def test_nilearn_resamples_by_our_matrix(registration: Registration, volume: Pixels) -> None:
    from nilearn.image import resample_img  # seconds, which only this test needs

    inner, ours = interior(registration), registration.warp(order=1)
    world = registration.transform.as_nifti()
    moving = placed(volume, MOVING).to_nibabel()
    fixed = placed(np.zeros(FIXED.shape, np.float32), FIXED).to_nibabel()
    shown = nibabel.Nifti1Image(moving.get_fdata(dtype=np.float32), np.linalg.inv(world) @ moving.affine)
    theirs = resample_img(
        shown, fixed.affine, fixed.shape, interpolation="linear", force_resample=True, copy_header=True
    )
    assert np.abs(theirs.get_fdata().T - ours)[inner].max() < 2e-3
    wrong = nibabel.Nifti1Image(moving.get_fdata(dtype=np.float32), world @ moving.affine)
    theirs = resample_img(
        wrong, fixed.affine, fixed.shape, interpolation="linear", force_resample=True, copy_header=True
    )
    assert np.abs(theirs.get_fdata().T - ours)[inner].mean() > 0.5
    assert from_nifti(world).distance(registration.transform, FIXED.corners) < 1e-9


def test_scipy_resamples_by_our_matrix_and_offset(registration: Registration, volume: Pixels) -> None:
    inner = interior(registration)
    matrix, offset = registration.transform.as_ndimage(FIXED, placed(volume, MOVING))
    for order in (1, 3):
        theirs = ndimage.affine_transform(
            volume.astype(float), matrix, offset, output_shape=FIXED.shape, order=order, mode="mirror"
        )
        assert np.abs(theirs - registration.warp(order=order))[inner].max() < 1e-3
    back = from_ndimage(matrix, offset, fixed=FIXED, moving=MOVING)
    assert back.distance(registration.transform, FIXED.corners) < 1e-9


def test_in_two_dimensions(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    picture = ndimage.gaussian_filter(rng.random((60, 80)), 3).astype(np.float32) * 100
    turn = ((0.8, -0.6), (0.6, 0.8))
    moving = Image(picture, (0.5, 0.75), (3, -8), turn, unit="mm")
    fixed = Image(np.zeros((50, 40), np.float32), (0.75, 0.7), (4, -4), unit="mm")
    transform = superpose.similarity(0.3, 1.05, (1.5, -2.25), (15, 10))
    superpose.transforms.write(tmp_path / "t.tfm", transform)
    theirs = sitk.Resample(
        moving.to_itk(), fixed.to_itk(), sitk.ReadTransform(str(tmp_path / "t.tfm")), sitk.sitkLinear, np.nan
    )
    matrix, offset = transform.as_ndimage(fixed, moving)
    by_scipy = ndimage.affine_transform(
        picture.astype(float), matrix, offset, output_shape=fixed.shape, order=1, cval=np.nan
    )
    seen = sitk.GetArrayFromImage(theirs)
    both = np.isfinite(seen) & np.isfinite(by_scipy)
    assert both.sum() > 500 and np.abs(seen - by_scipy)[both].max() < 1e-3
    assert superpose.transforms.read(tmp_path / "t.tfm").distance(transform, fixed.grid.corners) < 1e-9


def theirs_of_each_kind() -> dict[str, sitk.Transform]:
    euler = sitk.Euler3DTransform((3, 4, 5), 0.2, -0.3, 0.4, (6.5, -7, 8))
    versor = sitk.VersorRigid3DTransform((0, 0.6, 0, 0.8), (1, 2, 3), (4, 5, 6))
    affine = sitk.AffineTransform(3)
    affine.SetMatrix([0.9, 0.1, 0.2, -0.1, 1.1, 0.05, 0, 0.1, 1.2])
    affine.SetCenter((10, 20, 30))
    affine.SetTranslation((-4, 5, 6.5))
    return {
        "affine": affine,
        "translation": sitk.TranslationTransform(3, (1.5, 2, -3)),
        "identity": sitk.Transform(3, sitk.sitkIdentity),
        "euler": euler,
        "versor": versor,
        "similarity 2D": sitk.Similarity2DTransform(1.2, 0.3, (4, 5), (6, 7)),
        "chain": sitk.CompositeTransform([affine, sitk.TranslationTransform(3, (1.5, 2, -3))]),
        "chain of kinds": sitk.CompositeTransform([affine, euler, versor]),
    }


@pytest.mark.parametrize("kind", theirs_of_each_kind())
def test_simpleitk_s_own_transforms_and_files(kind: str, tmp_path: Path) -> None:
    theirs = theirs_of_each_kind()[kind]
    sitk.WriteTransform(theirs, str(tmp_path / "t.tfm"))
    points = np.random.default_rng(0).uniform(-200, 200, (20, theirs.GetDimension()))
    expected = [theirs.TransformPoint(point[::-1].tolist())[::-1] for point in points]
    for found in (from_itk(theirs), superpose.transforms.read(tmp_path / "t.tfm")):
        assert isinstance(found, MatrixTransform)
        np.testing.assert_allclose(found(points), expected, atol=1e-9)


def test_what_bends_is_refused(tmp_path: Path) -> None:
    spline = sitk.BSplineTransformInitializer(sitk.Image(40, 40, 40, sitk.sitkFloat32), [4] * 3)
    spline.SetParameters(np.random.default_rng(0).normal(0, 3, len(spline.GetParameters())).tolist())
    sitk.WriteTransform(spline, str(tmp_path / "t.tfm"))
    with pytest.raises(superpose.InputError, match="which bends: no matrix does what it does"):
        superpose.transforms.read(tmp_path / "t.tfm")
    with pytest.raises(superpose.InputError, match=r"^transform is .*, which is not a SimpleITK.Transform"):
        from_itk(np.eye(4))
    tilted = superpose.homography([[1, 0, 0], [0, 1, 0], [1e-4, 0, 1]])
    with pytest.raises(superpose.InputError, match=r"^transform is a homography, and SimpleITK has none"):
        tilted.as_itk()
    with pytest.raises(superpose.InputError, match=r"cannot hold a homography; write a \.json"):
        superpose.transforms.write(tmp_path / "a.tfm", tilted)
