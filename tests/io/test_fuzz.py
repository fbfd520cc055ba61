"""A share of ``make fuzz``: damaged files end in an answer or an error of superpose's, in bounded memory and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import fuzz
from superpose._io.images import FORMATS


def test_every_format_is_damaged() -> None:
    assert {each.NAME.replace(" ", "") for each in FORMATS} | {"JSON", *fuzz.VOLUMES} == {
        {"WEBP": "WebP"}.get(each, each) for each in fuzz.parsers()
    }


@pytest.mark.slow
@pytest.mark.parametrize("number, parser", list(enumerate(fuzz.parsers())))
def test_damaged_files_leak_nothing(number: int, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "BATCH", 500)  # one process a parser: to start one takes as long as reading 250 files
    counts, leaks = fuzz.run(500, first=10**6 + 500 * number, parser=parser)
    assert leaks == []
    # Some are whole still, and many are refused; else nothing was tried.
    refused = "not-a-transform-file" if parser == "JSON" else "not-an-image-file"
    assert counts["answer"] > 0 and counts[refused] > 60 and sum(counts.values()) == 500


def test_a_leak_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise ZeroDivisionError("raw")

    monkeypatch.setattr(fuzz, "read_pages", read)
    assert fuzz.outcome("PNG", tmp_path / "a") == "LEAK ZeroDivisionError: raw"
