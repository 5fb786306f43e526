"""Finds cut-off RAW files before they are decoded: every byte range that the file announces must lie inside it."""

from __future__ import annotations

from io import BufferedIOBase

from catchlight.io.tiff_directory import TiffDirectory

_STRIPS, _TILES = (273, 279), (324, 325)


def missing_bytes(stream: BufferedIOBase, main: TiffDirectory | None) -> int:
    """How many announced bytes lie behind the end of the file; 0 for a whole file or one of unknown structure.

    Args:
        stream: the open file.
        main: its first directory when it is TIFF-like (DNG, NEF, CR2, ARW, ...); RAF and CR3 are known by their heads.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(112)
    if main is not None:
        return max(0, _tiff_end(main) - size)
    if head.startswith(b"FUJIFILM") and len(head) >= 108:
        offset, length = (
            int.from_bytes(head[100:104], "big"),
            int.from_bytes(head[104:108], "big"),
        )  # where LibRaw, too, finds the mosaic's block
        return max(0, offset + length - size)
    if head[4:8] == b"ftyp":
        return max(0, _boxes_end(stream, size) - size)
    return 0


def _tiff_end(main: TiffDirectory) -> int:
    end = 0
    for directory in main.walk():
        for offsets_tag, sizes_tag in (_STRIPS, _TILES):
            offsets, sizes = directory.integers(offsets_tag), directory.integers(sizes_tag)
            if len(offsets) == len(sizes):
                end = max([end, *(o + n for o, n in zip(offsets, sizes, strict=True))])
    return end


def _boxes_end(stream: BufferedIOBase, size: int) -> int:
    """End of the last top-level box. Source: ISO/IEC 14496-12, section 4.2 "Object structure"."""
    at = 0
    while at + 8 <= size:
        stream.seek(at)
        head = stream.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        if length == 0:  # the box reaches to the end of the file, wherever that is
            return size
        if length < 8:
            break
        at += length
    return at
