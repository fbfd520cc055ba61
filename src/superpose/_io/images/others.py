"""Kinds of files that people have images in and superpose does not read: called by their names, not damaged."""

from __future__ import annotations

# What a file begins with, from which byte on, and what it is.
_STARTS: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", "a DICOM file"),
    (344, b"n+1\0", "a NIfTI file"),
    (344, b"ni1\0", "a NIfTI file"),
    (4, b"n+2\0", "a NIfTI file"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"SIMPLE  =", "a FITS file"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"%PDF", "a PDF file"),
    (0, b"v/1\x01", "an OpenEXR file"),
    (0, b"NRRD0", "an NRRD file"),
    (0, b"ZISRAWFILE", "a Zeiss CZI file"),
    (0, b"\xda\xce\xbe\x0a", "a Nikon ND2 file"),
    (208, b"MAP ", "an MRC file"),
    (0, b"MATLAB 5.0", "a MATLAB file"),
    (4, b"ftypheic", "a HEIC file"),
    (4, b"ftypheix", "a HEIC file"),
    (4, b"ftypmif1", "a HEIC file"),
    (4, b"ftypavif", "an AVIF file"),
    (4, b"ftyp", "a film or another file of its family"),
    (0, b"\xff\x0a", "a JPEG XL file"),
    (4, b"JXL ", "a JPEG XL file"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"#?RADIANCE", "a Radiance file"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR file"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"DDS ", "a DirectDraw surface"),
    (0, b"\0\0\x01\0", "an icon"),
    *((0, b"P%d" % k, "a PNM file") for k in range(1, 8)),
)
# How much of a file is needed to know.
LONGEST = max(at + len(start) for at, start, _ in _STARTS)


def name_of(start: bytes) -> str | None:
    """Return what a file that begins with these bytes is; None if that is not known."""
    return next((name for at, octets, name in _STARTS if start[at : at + len(octets)] == octets), None)
