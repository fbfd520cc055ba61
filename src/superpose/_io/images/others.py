"""Kinds of files that people have images in and superpose does not read: called by their names, not damaged."""

from __future__ import annotations

# What a file begins with, from which byte on, and what it is.
_STARTS: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", "a DICOM file"),
    (344, b"n+1\0", "a NIfTI file"),
    (344, b"ni1\0", "a NIfTI file"),
    (4, b"n+2\0", "a NIfTI file"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
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
    (0, b"%!PS", "a PostScript file"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (0, b"DDS ", "a DirectDraw surface"),
    (0, b"icns", "an icon"),
    (0, b"\0\0\x01\0", "an icon"),
    *((0, b"P%d" % k, "a PNM file") for k in range(1, 8)),
    (0, b"PF\n", "a PFM file"),
    (0, b"Pf\n", "a PFM file"),
    (0, b"\x0a\x05\x01", "a PCX file"),
    (0, b"\x01\xda", "an SGI picture"),
    (0, b"\x59\xa6\x6a\x95", "a Sun raster file"),
    (0, b"qoif", "a QOI file"),
    (0, b"AT&TFORM", "a DjVu file"),
    (0, b"gimp xcf", "a GIMP file"),
    (0, b"II\xbc\x01", "a JPEG XR file"),
    (0, b"\x8aMNG", "an MNG animation"),
    (0, b"ObjectType", "a MetaImage file"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file"),
    (0, b"IIRO", "a camera's raw file"),
    (0, b"IIU\0", "a camera's raw file"),
    (0, b"\x70\0\0\0", "a Leica LIF file"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE file, such as Olympus's OIB"),
    (0, b"CDF\x01", "a NetCDF file"),
    (0, b"CDF\x02", "a NetCDF file"),
    (8, b"AVI ", "a film"),
    (0, b"\x1aE\xdf\xa3", "a film"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ", "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (257, b"ustar", "a tar archive"),
)
# What lies in the place of pictures, and is none, by how it begins.
_NO_PICTURES = (
    (b"version https://git-lfs", "it is a pointer of Git LFS, and the picture was not fetched (git lfs pull)"),
    (b"\0\x05\x16\x07", "it holds a Mac's notes on the picture beside it, whose name has no '._' before it"),
    (b"<!doctype html", "it is a page of the web, such as an error that was saved in the picture's place"),
    (b"<html", "it is a page of the web, such as an error that was saved in the picture's place"),
)
# How much of a file is needed to know.
LONGEST = max(at + len(start) for at, start, _ in _STARTS)


def name_of(start: bytes) -> str | None:
    """Return what a file that begins with these bytes is; None if that is not known."""
    if start.startswith(b"<") and b"<svg" in start:
        return "an SVG drawing"
    return next((name for at, octets, name in _STARTS if start[at : at + len(octets)] == octets), None)


def reason_of(start: bytes) -> str:
    """Return why a file of no known kind, that begins with these bytes, is no picture."""
    if not start:
        return "it is empty"
    for octets, reason in _NO_PICTURES:
        if start.strip().lower().startswith(octets):
            return reason
    return f"it begins with {start[:8]!r}"
