"""Mutated files against every parser: each ends in an answer or in an error of superpose's, in bounded memory and time.

python -m benchmarks.fuzz --files 20000
"""

from __future__ import annotations

import argparse
import io
import logging
import multiprocessing
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from astropy.io import fits
from PIL import Image

import superpose
from superpose._io.files import read_file
from superpose._io.images import read_pages
from superpose.errors import SuperposeError

# What a reader may add to what the process has, and how long it may take.
MEMORY, SECONDS = 2**30, 10
# Volumes, by the extension of the seed.
VOLUMES = ("nii", "nii.gz", "nrrd", "mha")
BATCH = 250


def seeds() -> dict[str, bytes]:
    """Return a small whole file of each kind, by name."""
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 256, (24, 31, 3), np.uint8)
    files: dict[str, bytes] = {}

    def kept(name: str, image: Image.Image, form: str, **options: Any) -> None:
        stream = io.BytesIO()
        image.save(stream, form, **options)
        files[name] = stream.getvalue()

    picture, grey = Image.fromarray(colour), Image.fromarray(colour[..., 0])
    deep = Image.fromarray(colour[..., 0].astype(np.uint16) * 257)
    for form in ("PNG", "JPEG", "BMP", "WEBP", "JPEG2000", "GIF"):
        kept(form, picture, form)
    kept("PNG 16", deep, "PNG")
    kept("PNG palette", picture.quantize(16), "PNG")
    for compression in ("raw", "tiff_lzw", "tiff_deflate", "packbits", "jpeg", "zstd"):
        kept(f"TIFF {compression}", picture, "TIFF", compression=compression)
    kept("TIFF palette", picture.quantize(16), "TIFF")
    kept("TIFF pages", grey, "TIFF", save_all=True, append_images=[grey, grey])
    stream = io.BytesIO()
    np.save(stream, colour)
    files["NumPy"] = stream.getvalue()
    stream = io.BytesIO()
    tifffile.imwrite(stream, colour.reshape(8, 9, 31), imagej=True, metadata={"axes": "ZYX", "unit": "um"})
    files["TIFF volume"] = stream.getvalue()
    ramp = np.add.outer(np.arange(40.0), np.arange(48.0) % 7)
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate((fits.ImageHDU(colour[..., 0].astype("i2")), fits.CompImageHDU(colour[..., 1]))):
            path = Path(folder) / f"{number}.fits"
            fits.HDUList([fits.PrimaryHDU(), part]).writeto(path)
            files[f"FITS {number}"] = path.read_bytes()
        for name in VOLUMES:
            path = Path(folder) / f"a.{name}"
            superpose.write(path, colour[..., 0].reshape(4, 6, 31))
            files[f"{name} volume"] = path.read_bytes()
        path = Path(folder) / "t.json"
        superpose.register(ramp, ramp, transform="translation", on_unreliable="ignore").save(path)
        files["JSON"] = path.read_bytes()
    return files


def mutated(octets: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with bits turned, its end cut off, a piece of another one in it, or absurd numbers in it."""
    made = bytearray(octets)
    for _ in range(rng.integers(1, 4)):
        at, kind = int(rng.integers(0, max(len(made), 1))), rng.integers(0, 5)
        if kind == 0:
            made = made[:at]
        elif kind == 1:
            piece = int(rng.integers(0, len(other)))
            made[at : at + 64] = other[piece : piece + int(rng.integers(1, 64))]
        elif kind == 2:
            start = int(rng.integers(0, min(len(made), 128) or 1))
            made[start : start + 4] = rng.choice(
                [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff"]
            )
        elif made:
            for _ in range(rng.integers(1, 9)):
                made[int(rng.integers(0, min(len(made), 256) if kind == 3 else len(made)))] ^= 1 << int(
                    rng.integers(0, 8)
                )
    return bytes(made)


def outcome(name: str, path: Path) -> str:
    """Return how reading one file ends: an answer, a code of superpose's, or what leaked."""
    read: Callable[[], object]
    if name == "JSON":
        read = lambda: superpose.load(path)  # noqa: E731
    elif name.endswith("volume"):
        read = lambda: read_file(path, "image")  # noqa: E731
    else:
        read = lambda: read_pages(path, "image", None, "page=")  # noqa: E731
    try:
        read()
    except SuperposeError as error:
        return error.code
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"LEAK {type(error).__name__}: {str(error)[:80]}"
    return "answer"


def parsers() -> list[str]:
    """Return the parsers that read the seeds: the first words of their names."""
    return list(dict.fromkeys(name.split()[0] for name in seeds()))


def work(first: int, count: int, parser: str | None, results: Any) -> None:
    """Read a batch of files under a limit of memory, telling after each how it ended."""
    files = seeds()
    names = [name for name in files if parser in (None, name.split()[0])]
    pieces = list(files)
    logging.disable()  # tifffile says at length what is wrong with each
    (pages, *_) = Path("/proc/self/statm").read_text().split()
    resource.setrlimit(resource.RLIMIT_AS, (int(pages) * resource.getpagesize() + MEMORY,) * 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for number in range(first, first + count):
            rng = np.random.default_rng(number)
            name = names[number % len(names)]
            path.write_bytes(mutated(files[name], files[pieces[int(rng.integers(len(pieces)))]], rng))
            results.send((number, name, ""))
            signal.alarm(SECONDS)  # a hang ends the process, as a crash does
            ended = outcome(name, path)
            signal.alarm(0)
            results.send((number, name, ended))


def run(total: int, first: int = 0, parser: str | None = None) -> tuple[Counter[str], list[str]]:
    """Return how often reading files, of one parser or all, ended how, and what leaked: exceptions, crashes, hangs."""
    counts: Counter[str] = Counter()
    leaks: list[str] = []
    context = multiprocessing.get_context("spawn")
    number, last = first, first + total
    while number < last:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=work, args=(number, min(BATCH, last - number), parser, sender))
        child.start()
        sender.close()
        begun = ("", "")
        try:
            while True:
                at, name, ended = receiver.recv()
                number = at + 1
                begun = (name, f"file {at}")
                if ended:
                    begun = ("", "")
                    counts[ended.split(":")[0]] += 1
                    if ended.startswith("LEAK"):
                        leaks.append(f"{name}, file {at}: {ended}")
        except EOFError:
            child.join()
        if begun[0]:
            leaks.append(f"{begun[0]}, {begun[1]}: the process ended with {child.exitcode}")
        elif child.exitcode:
            raise RuntimeError(f"the fuzzer itself ended with {child.exitcode}")
    return counts, leaks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--parser", choices=parsers(), help="only files of this one")
    parser.add_argument("--first", type=int, default=0, help="number of the first one: the same number, the same file")
    options = parser.parse_args()
    counts, leaks = run(options.files, options.first, options.parser)
    for ended, count in counts.most_common():
        print(f"{count:7d} {ended}")
    print(*leaks, sep="\n")
    print(f"{options.files} files, {len(leaks)} leaks")
    return bool(leaks)


if __name__ == "__main__":
    sys.exit(main())
