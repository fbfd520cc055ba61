"""What the benchmark writes: sums, tables, the README's part, figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import apart, plots, readme
from benchmarks.__main__ import main
from benchmarks.cases import SETS, Case
from benchmarks.running import Run, run, summary, table

CASE = Case("set/1/0/x", np.zeros((9, 9)), np.zeros((9, 9)), np.eye(3), "rigid")


def failing(case: Case) -> Any:
    raise ValueError("no idea")


def some_runs() -> list[Run]:
    errors = [0.01, 0.03, 0.02, 7.0, np.inf]
    turns = [5.0, -40.0, 80.0, -170.0, 179.9]
    return [
        Run("one-wide", name, f"one-wide/1/{k}/x", error, 0.1 * (k + 1), error < 1, "", turn, 0.8)
        for name in ("OpenCV ECC", "superpose")
        for k, (error, turn) in enumerate(zip(errors, turns, strict=True))
    ]


def document() -> dict[str, Any]:
    runs = some_runs()
    steps = [
        Run(f"overlap-{p}", "superpose", f"overlap-{p}/1/{k}/x", 0.1, 1.0, k < p // 20, "", 3.0, p / 100)
        for p in (35, 100)
        for k in range(5)
    ]
    rows = [summary("one-wide", name, [r for r in runs if r.method == name]) for name in ("superpose", "OpenCV ECC")]
    rows += [summary(f"overlap-{p}", "superpose", [r for r in steps if r.set == f"overlap-{p}"]) for p in (35, 100)]
    return {
        "date": "2026-01-02",
        "seed": 31,
        "cpus": 2,
        "version": "0",
        "about": {name: name for name in ("one-wide", "overlap-35", "overlap-100")},
        "runs": [asdict(r) for r in [*runs, *steps]],
        "table": [asdict(r) for r in rows],
    }


def test_a_method_that_raises_has_not_found_it() -> None:
    failed = run("set", "peer", failing, CASE)
    assert not failed.found and failed.error == np.inf and failed.failure == "ValueError: no idea"
    assert run("set", "peer", lambda case: np.eye(3), CASE).found
    assert not run("set", "peer", lambda case: None, CASE).found


def test_failures_count_and_errors_are_those_of_the_found() -> None:
    row = summary("one-wide", "superpose", [r for r in some_runs() if r.method == "superpose"])
    assert row.found == 0.6
    assert row.median_error == pytest.approx(0.02)
    assert row.median_seconds == pytest.approx(0.3)
    text = table([row], {"superpose": 17.4})
    assert text.splitlines()[2] == "| one-wide | superpose | 5 | 60.0 % | 0.0200 | 0.0290 | 0.300 | 17 |"
    nothing = summary("s", "m", [r for r in some_runs() if not r.found])
    assert "| 0.0 % | - | - |" in table([nothing])


def test_the_readme_s_part_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    results, page = tmp_path / "results.json", tmp_path / "README.md"
    results.write_text(json.dumps(document()))
    page.write_text("before\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nafter\n")
    for _ in range(2):  # again changes nothing
        assert readme.main([str(results), str(page)]) == 0
        text = page.read_text()
        assert text.startswith("before\n<!-- benchmark -->\n\nMeasured on 2026-01-02")
        assert text.endswith("\n\n<!-- /benchmark -->\nafter\n")
        assert "old" not in text
        assert "| **superpose** | 60.0 %, 0.020 px, 0.30 s |" in text
        assert "| OpenCV ECC | 60.0 %" in text
        assert "| overlap-100 | 100 % of 5 |" in text
    with pytest.raises(ValueError, match="no <!-- benchmark -->"):
        readme.replaced("nothing here", "x")


def test_the_repository_s_page_has_the_markers() -> None:
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    assert readme.replaced(text, "x").count("<!-- benchmark -->") == 1


@pytest.mark.slow
def test_figures_come_from_the_files_alone(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(document()))
    rows = [
        {"scene": s, "family": f, "decibels": d, "rms": 0.1 / d, "bound": 0.09 / d}
        for s in "ab"
        for f in ("translation", "rigid")
        for d in (5, 40)
    ]
    (tmp_path / "limit.json").write_text(json.dumps({"side": 192, "draws": 4, "rows": rows}))
    rows = [
        {"side": n, "threads": t, "seconds": n**2 * 1e-6 / t, "peak_inputs": 5.0} for t in (1, 2) for n in (256, 512)
    ]
    (tmp_path / "scaling.json").write_text(json.dumps({"rows": rows}))
    drawn = plots.figures(tmp_path)
    assert set(drawn) == {"rotation-one-wide", "errors-one-wide", "overlap", "noise", "scaling"}
    line = drawn["rotation-one-wide"].axes[0].lines[0]
    assert line.get_label() == "superpose"
    assert line.get_ydata().tolist() == [100, 100, 100, 0]
    assert drawn["overlap"].axes[0].lines[0].get_ydata().tolist() == [20, 100]
    assert plots.main([str(tmp_path)]) == 0
    assert (tmp_path / "noise.png").exists()


def test_success_has_an_interval() -> None:
    runs = [{"found": True}] * 9 + [{"found": False}]
    p, low, high = plots.success(runs)
    assert p == 0.9 and 0.75 < low < 0.9 < high < 1
    assert plots.success([{"found": True}] * 10)[1] < 1


def test_memory_is_that_of_the_call() -> None:
    code = apart.COUNTED + "import numpy as np\ncounted(lambda n=4000: [float(np.ones((n, n)).sum())], [10])"
    found = apart.run(code)
    assert found["peak"] == pytest.approx(4000**2 * 8, rel=0.1)
    assert found["matrix"] == [4000.0**2]
    assert found["seconds"] > 0


@pytest.mark.slow
def test_one_run_of_all(tmp_path: Path) -> None:
    assert main(["--sets", "one-narrow", "small-64", "--cases", "1", "-o", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "results.json").read_text())
    assert [row["set"] for row in found["table"]] == ["one-narrow", "small-64"]
    assert found["seed"] == 2026 and found["about"]["one-narrow"] == SETS["one-narrow"].about
    assert readme.section(found)


def test_results_of_one_run_in_several_files_are_joined() -> None:
    one, other = document(), document()
    assert len(readme.joined([one, other])["table"]) == 2 * len(one["table"])
    with pytest.raises(ValueError, match="results of different seed"):
        readme.joined([one, other | {"seed": -1}])
