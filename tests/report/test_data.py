"""What the report says and holds, without a browser."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import transform as sk

import superpose
from superpose import InputError, image
from superpose._report.charts import convergence_chart
from superpose._report.data import page_data
from superpose._report.page import page
from superpose._report.settings import DEFAULTS
from superpose._report.snippets import snippets_of
from superpose._report.steps import Step, pixels_in_words, steps_of, transform_of
from superpose._report.trust import reasons_of, trust_of
from superpose._report.viewer import viewer_of


def embedded(address: str) -> NDArray[np.float64]:
    picture = Image.open(BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))
    grey, known = np.moveaxis(np.asarray(picture.convert("LA")).astype(float), -1, 0)
    return np.where(known > 0, grey, np.nan)


def test_the_pictures_are_the_images_under_each_transform(made: superpose.Registration) -> None:
    viewer = viewer_of(made, DEFAULTS[2].pictures)
    assert viewer is not None and made._moving is not None and made._fixed is not None
    low, high = np.percentile(made._fixed.array, (0.5, 99.5))
    np.testing.assert_allclose(
        embedded(viewer["fixed"]), 255 * np.clip((made._fixed.array - low) / (high - low), 0, 1), atol=0.51
    )
    low, high = np.nanpercentile(made._moving.array, (0.5, 99.5))
    transforms = [made.transform, superpose.translation((0, 0)), *(basin.transform for basin in made.basins[1:])]
    assert [pose["name"] for pose in viewer["poses"]] == ["the answer", "as it came", "basin 2", "basin 3"]
    for transform, pose in zip(transforms, viewer["poses"], strict=True):
        # NaN spreads through SciPy's sums, as far as the pixels that it interpolates between.
        pulled = ndimage.affine_transform(
            made._moving.array, transform.matrix, output_shape=made.fixed_grid.shape, order=1, cval=np.nan
        )
        found, known = embedded(pose["picture"]), np.isfinite(pulled)
        assert known.sum() > 4000 and np.isfinite(found[known]).all()
        expected = 255 * np.clip((pulled - low) / (high - low), 0, 1)
        np.testing.assert_allclose(found[known], expected[known], atol=0.6)
        places = transform(np.moveaxis(np.indices(found.shape), 0, -1))
        assert np.isnan(found[~made.moving_grid.contains(places)]).all()
        hole = ((places > (21, 41)) & (places < (28, 58))).all(-1)
        assert hole.sum() > 50 and np.isnan(found[hole]).all()


def test_without_images_there_are_neither_views_nor_maps(made: superpose.Registration) -> None:
    data = page_data(made.with_images(None, None))
    assert data["viewer"] is None and data["landscape"]["maps"] == []
    assert "with_images" in data["landscape"]["why"]


def test_a_metric_of_ones_own_has_no_maps(made: superpose.Registration) -> None:
    assert (
        "a function that its name does not lead back to" in page_data(replace(made, metric="mine"))["landscape"]["why"]
    )


@pytest.mark.parametrize(
    "reliable, confidence, verdict, said",
    [
        (False, np.nan, "Reliability not known", "not known"),
        (True, 0.987, "Reliable", "98.7 %"),
        (False, 0.25, "Not reliable", "25.0 %"),
        (False, 5e-6, "Not reliable", "less than 0.1 %"),
        (True, 0.99995, "Reliable", "more than 99.9 %"),
    ],
)
def test_trust_is_said_and_so_is_its_absence(
    made: superpose.Registration, reliable: bool, confidence: float, verdict: str, said: str
) -> None:
    trust = trust_of(replace(made, reliable=reliable, confidence=confidence))
    assert (trust["verdict"], trust["confidence"], trust["uncertainty"]) == (verdict, said, "not known")
    assert trust_of(replace(made, uncertainty=0.0312))["uncertainty"] == "0.031 px"


def test_reasons_are_the_numbers_in_words(made: superpose.Registration) -> None:
    reasons = reasons_of(made)
    assert reasons[0] == "ncc is 0.125 over the overlap."
    assert reasons[1] == "Of the 3 places that the search found, the best scores 0.500 and the next 0.300."
    assert reasons[-1] == "The refinement ended: nobody looked."
    assert "no other place" in reasons_of(replace(made, basins=made.basins[:1]))[1]
    assert "No other place" in reasons_of(replace(made, basins=()))[1]
    assert "error of 0.2 px" in reasons_of(replace(made, uncertainty=0.2))[2]


@pytest.mark.parametrize(
    "reliable, lead, said",
    [
        (
            True,
            20.0,
            "agree on it (12 standard deviations from chance), and no other place fits as well (more than 20.0",
        ),
        (
            False,
            0.3,
            "place it 12 standard deviations from chance; the next best place is 0.3 standard deviations behind.",
        ),
    ],
)
def test_one_sentence_says_what_speaks_for_it(
    made: superpose.Registration, reliable: bool, lead: float, said: str
) -> None:
    found = replace(made, reliable=reliable, confidence=0.9, evidence={"consistency": 12.3, "lead": lead})
    assert said in trust_of(found)["why"]


def test_without_evidence_the_sentence_claims_none(made: superpose.Registration) -> None:
    assert trust_of(made)["why"] == "It was not verified."
    assert "standard" not in trust_of(replace(made, confidence=0.9))["why"]


@pytest.mark.slow
def test_only_other_places_are_listed(made: superpose.Registration, moved: superpose.Registration) -> None:
    alone = page_data(replace(made, basins=made.basins[:1]))
    assert alone["places"] == [] and "Where else it might fit" not in page(alone)
    assert len(alone["viewer"]["poses"]) == 2 and '<select id="pose">' not in page(alone)
    assert all(each["basins"] == [] for each in alone["landscape"]["maps"])
    several = page_data(made)
    assert [each["number"] for each in several["places"]] == [2, 3]
    assert [each["pose"] for each in several["places"]] == [2, 3]
    # What a motion explains is told with the motions.
    assert [each["number"] for each in page_data(moved)["places"]] == [3]
    # Seen from another basin the first one is elsewhere.
    assert [each["number"] for each in page_data(made.at(made.basins[1]))["places"]] == [1, 3]


@pytest.mark.slow
def test_levels_that_did_not_end_at_the_answer_say_so(made: superpose.Registration) -> None:
    assert "chosen, afterwards" not in page(page_data(made))
    assert "chosen, afterwards" in page(page_data(made.at(made.basins[2])))


def test_numpy_is_the_first_to_be_copied(made: superpose.Registration) -> None:
    names = [each["name"] for each in snippets_of(made, made.transform)]
    assert names == ["NumPy", "scikit-image", "OpenCV", "JSON"]


@pytest.mark.slow
def test_the_data_are_plain(made: superpose.Registration) -> None:
    odd = replace(made, value=np.nan, confidence=0.5, uncertainty=np.inf)
    data = page_data(replace(made, uncertainty=0.1), "title", "superpose align")
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert trust_of(odd)["uncertainty"] == "not known" and "not known over the overlap" in reasons_of(odd)[0]
    assert dict(data["run"]) == {
        "command": "superpose align",
        "transform": "rigid",
        "metric": "ncc",
        "optimizer": "by hand",
        "started from": "moving lies 2.0 px down, 6.0 px left of fixed",
        "fixed": "96 × 132 pixels",
        "moving": "100 × 120 pixels",
        "seconds, all levels": "0.750",
        "evaluations, all levels": "30",
        "superpose": "1.2.3",
    }
    assert dict(data["numbers"])["shift of fixed's centre"] == "+3.000 px in rows (down), −8.000 px in columns (right)"
    assert [place["number"] for place in data["places"]] == [2, 3]
    assert data["places"][1]["sentence"].startswith("Moving is turned 180.00 degrees")


@pytest.mark.slow
def test_the_same_registration_makes_the_same_bytes(made: superpose.Registration, tmp_path: Path) -> None:
    for name in ("a.html", "b.htm"):
        made.report(tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.htm").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.htm"]


@pytest.mark.parametrize("name, says", [("r.pdf", "use one of .html, .htm"), ("nowhere/r.html", "does not exist")])
def test_kind_errors(made: superpose.Registration, tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        made.report(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


class Parts(HTMLParser):
    """The scripts' beginnings, addresses, and handlers of events."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style":
                self.handlers.append(name)


def parsed(text: str) -> Parts:
    parts = Parts()
    parts.feed(text)
    return parts


def test_the_page_holds_all_it_needs(made: superpose.Registration) -> None:
    parts = parsed(page(page_data(made)))
    assert all(address.startswith("data:") for address in parts.addresses)
    assert parts.handlers == []


EVIL = """</script><script>alert(1)</script>"'><img src=x onerror=alert(2)>"""


@pytest.mark.slow
def test_every_string_is_escaped(made: superpose.Registration) -> None:
    data = page_data(made, "title", "command")
    plain = parsed(page(data))

    def spoiled(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: spoiled(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [spoiled(each) for each in value]
        return EVIL if isinstance(value, str) and key not in ("state", "why") else value

    hostile = parsed(page(spoiled(data)))  # type: ignore[arg-type]
    assert hostile.tags == plain.tags and hostile.handlers == []


def run(text: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(text, names)
    return names


FAMILIES = [
    superpose.translation((3, -5)),
    superpose.rigid(0.3, (3, -5), (40, 50)),
    superpose.similarity(0.3, 1.2, (3, -5), (40, 50)),
    superpose.affine([[1.1, 0.2], [-0.1, 0.9]], (3, -5), (40, 50)),
    superpose.homography([[1.1, 0.2, 0], [-0.1, 0.9, 0], [1e-3, -2e-3, 1]], (3, -5), (47.5, 65.5)),
]


@pytest.mark.parametrize("transform", FAMILIES, ids=lambda each: each.family)
def test_snippets_are_the_transform(
    made: superpose.Registration, transform: superpose.MatrixTransform, tmp_path: Path
) -> None:
    found = replace(made, transform=transform)
    texts = {each["name"]: each["text"] for each in snippets_of(found, found.transform)}
    path = tmp_path / "t.json"
    path.write_text(texts["JSON"])
    assert superpose.load(path).transform == transform
    np.testing.assert_array_equal(run(texts["NumPy"])["matrix"], transform.matrix)
    points = np.array([[10.0, 20], [60, 33]])
    skimage = run(texts["scikit-image"])["found"]
    assert isinstance(skimage, sk.ProjectiveTransform)
    np.testing.assert_allclose(skimage(points[:, ::-1])[:, ::-1], transform(points))
    # The lines that were commented out, run.
    image = np.nan_to_num(made._moving.array, nan=2.0).astype(np.float32)
    inner = (slice(20, 70), slice(30, 90))
    wanted = found.warp(image, order=1)[inner]
    for name in ("NumPy", "scikit-image", "OpenCV"):
        if name == "NumPy" and transform.family == "homography":
            continue
        text = texts[name].replace("# from", "from").replace("# aligned", "aligned").replace("# flags", "flags")
        names: dict[str, object] = {"moving": image}
        exec(text.replace("output_shape=(96, 132)", "output_shape=(96, 132), order=1"), names)
        aligned = np.asarray(names["aligned"])
        assert aligned.shape == (96, 132)
        known = np.isfinite(wanted)
        # OpenCV reckons in thirty-seconds of a pixel.
        np.testing.assert_allclose(aligned[inner][known], wanted[known], atol=0.01 if name == "OpenCV" else 1e-5)


@pytest.mark.parametrize("transform", FAMILIES, ids=lambda each: each.family)
def test_a_level_is_its_transform(transform: superpose.MatrixTransform) -> None:
    again = transform_of(transform.parameters)
    assert again.family == transform.family
    assert again.distance(transform, superpose.Grid((96, 132)).corners) < 1e-9


def test_steps_tell_how_far_each_level_was_off(made: superpose.Registration) -> None:
    steps = steps_of(made)
    corners = made.fixed_grid.corners
    assert [step.away for step in steps] == [
        pytest.approx(made.basins[1].transform.distance(made.transform, corners)),
        pytest.approx(0.4),
        0.0,
    ]


def test_distances_in_words() -> None:
    said = [pixels_in_words(value) for value in (0, 1e-5, 0.0123, 3.14159, 27.18, 862.3, 12345.6, np.inf)]
    assert said == ["0", "< 0.01", "0.01", "3.14", "27.2", "862", "12346", "beyond a horizon"]


def test_the_chart_is_logarithmic() -> None:
    chart = convergence_chart(
        100.0, [Step("a", 10.0, 0, 1, 0), Step("b", 1.0, 0, 1, 0), Step("c", 0.0, 0, 1, 0)], DEFAULTS[2].charts
    )
    y = [point["y"] for point in chart["points"]]
    assert y[1] - y[0] == pytest.approx(y[2] - y[1], abs=0.2) and y[3] == chart["height"]
    assert [point["x"] for point in chart["points"]] == [0, 110, 220, 330]
    assert [point["label"] for point in convergence_chart(np.inf, [], DEFAULTS[2].charts)["points"]] == []


def test_the_maps_colours_are_viridis() -> None:
    import matplotlib

    colours = np.array(DEFAULTS[2].charts.colours)
    wanted = 255 * matplotlib.colormaps["viridis"](np.linspace(0, 1, len(colours)))[:, :3]
    assert np.abs(wanted - colours).max() <= 3


@pytest.mark.slow
def test_the_page_makes_each_image_ready_once(made: superpose.Registration, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    check = image.as_image

    def count(array: object, argument: str, *others: Any, **named: Any) -> image.Raster:
        checked.append(argument)
        return check(array, argument, *others, **named)

    monkeypatch.setattr(image, "as_image", count)
    page_data(made)
    assert checked == ["fixed", "moving"]


def test_what_a_mask_leaves_out_is_not_shown(made: superpose.Registration) -> None:
    assert made._fixed is not None and made._moving is not None
    keep = np.ones(made.fixed_grid.shape, bool)
    keep[10:20, 30:50] = False
    masked = made.with_images(superpose.prepare(made._fixed.array, keep), made._moving.array)
    viewer = viewer_of(masked, DEFAULTS[2].pictures)
    assert viewer is not None and "or a mask leaves it out" in viewer["size"]
    np.testing.assert_array_equal(np.isfinite(embedded(viewer["fixed"])), keep)
