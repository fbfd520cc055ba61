"""A share of ``make fuzz``: damaged files end in an answer or an error of superpose's, in bounded memory and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import fuzz


@pytest.mark.slow
def test_damaged_files_leak_nothing() -> None:
    counts, leaks = fuzz.run(2000, first=10**6)
    assert leaks == []
    # Some are whole still, and most are refused; else nothing was tried.
    assert counts["answer"] > 50 and counts["not-an-image-file"] > 1000 and sum(counts.values()) == 2000


def test_a_leak_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise ZeroDivisionError("raw")

    monkeypatch.setattr(fuzz, "read_pages", read)
    assert fuzz.outcome("PNG", tmp_path / "a") == "LEAK ZeroDivisionError: raw"
