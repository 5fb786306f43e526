"""What a DNG says about its levels, colours and noise, as Catchlight's types.

Source: Adobe DNG specification 1.7.1, chapter 4 (tags) and chapter 6 (colour).
"""

from __future__ import annotations

import math

import numpy as np

from catchlight.core import CameraColour, CfaPattern, ContractError, NoiseModel
from catchlight.core.camera_colour import D65, Rows, Triple
from catchlight.core.colour import xyz_from_xy
from catchlight.io.tiff_directory import TiffDirectory
from catchlight.io.tiff_field import TiffField, first

DNG_VERSION = 50706
_RAW_PHOTOMETRICS = (32803, 34892)


def is_dng(main: TiffDirectory) -> bool:
    """Whether the first directory declares a DNG."""
    return DNG_VERSION in main.fields


def raw_directory(main: TiffDirectory) -> TiffDirectory:
    """The directory of the mosaic: the first full-size one with a RAW photometric, else the first one."""
    candidates = [d for d in main.walk() if d.number(262) in _RAW_PHOTOMETRICS]
    full_size = [d for d in candidates if (d.number(254) or 0) == 0]
    return next(iter(full_size or candidates), main)


def dng_cfa(main: TiffDirectory, *, top: int, left: int) -> CfaPattern | None:
    """The filters from row `top`, column `left` of the stored mosaic on; None where the tags tell none that are known.

    The tags count from the active area's corner. A single value a pixel that is already linear has no filters.
    """
    raw = raw_directory(main)
    if raw.number(262) == 34892:
        return CfaPattern(name="MONO") if raw.number(277) == 1 else None
    repeat, colours, area = raw.integers(33421), raw.integers(33422), raw.integers(50829) or (0, 0)
    if len(repeat) != 2 or min(repeat) < 1 or len(colours) != repeat[0] * repeat[1]:
        return None
    try:
        pattern = CfaPattern.from_indices(np.array(colours).reshape(repeat))
    except ContractError:
        return None
    return pattern.shifted(rows=top - area[0], columns=left - area[1])


def dng_black(main: TiffDirectory, *, top: int, left: int) -> tuple[float, float, float, float] | None:
    """Black level of the four sites of the 2×2 tile at row `top`, column `left` of the stored mosaic; None if unclear.

    The tags count from the active area's corner, and LibRaw moves an odd corner on by one row or column.
    """
    raw = raw_directory(main)
    area = raw.integers(50829) or (0, 0)
    repeat = raw.integers(50713) or (1, 1)
    levels = np.asarray(raw.numbers(50714) or (0.0,), float)
    if len(repeat) != 2 or min(repeat) < 1 or levels.size != repeat[0] * repeat[1] or not np.isfinite(levels).all():
        return None
    tile = levels.reshape(repeat)
    # A pattern that repeats over more than the 2×2 tile is averaged onto it.
    rows, columns = math.lcm(repeat[0], 2), math.lcm(repeat[1], 2)
    tile = np.tile(tile, (rows // repeat[0], columns // repeat[1]))
    phases = [((y + top - area[0]) & 1, (x + left - area[1]) & 1) for y in (0, 1) for x in (0, 1)]
    sites = [float(tile[y::2, x::2].mean()) for y, x in phases]
    for tag in (50715, 50716):  # BlackLevelDeltaH and V: what varies along columns and rows, here only its mean
        deltas = [v for v in raw.numbers(tag) if math.isfinite(v)]
        if deltas:
            sites = [s + sum(deltas) / len(deltas) for s in sites]
    a, b, c, d = (max(s, 0.0) for s in sites)
    return a, b, c, d


def dng_white(main: TiffDirectory) -> float | None:
    """The white level; None when the file leaves it at the largest number of its bit depth."""
    levels = [v for v in raw_directory(main).numbers(50717) if math.isfinite(v) and v > 0]
    return min(levels) if levels else None


def dng_colour(main: TiffDirectory) -> CameraColour | None:
    """Matrices (with the camera's own calibration and analog balance applied) and neutral; None when there are none."""
    raw = raw_directory(main)

    def look(tag: int) -> TiffField | None:
        return first([main.get(tag), raw.get(tag)])

    def rows(matrix_tag: int, calibration_tag: int) -> Rows | None:
        field = look(matrix_tag)
        values = field.numbers if field else ()
        if len(values) != 9 or not np.isfinite(values).all():
            return None
        result = np.asarray(values, float).reshape(3, 3)
        calibration, balance = look(calibration_tag), look(50727)
        if calibration and len(calibration.numbers) == 9:
            result = np.asarray(calibration.numbers, float).reshape(3, 3) @ result
        if balance and len(balance.numbers) == 3:
            result = np.asarray(balance.numbers, float)[:, None] * result
        if not np.isfinite(result).all() or abs(np.linalg.det(result)) < 1e-6:
            return None
        red, green, blue = (tuple(float(v) for v in row) for row in result)
        return red, green, blue  # type: ignore[return-value]

    def light(tag: int) -> int:
        field = look(tag)
        return field.integers[0] if field and field.integers else D65

    colour = CameraColour(
        matrix_1=rows(50721, 50723), matrix_2=rows(50722, 50724), illuminant_1=light(50778), illuminant_2=light(50779)
    )
    neutral, white_xy = look(50728), look(50729)
    camera: Triple | None = None
    if neutral and len(neutral.numbers) == 3:
        camera = scaled_neutral(neutral.numbers)
    elif white_xy and len(white_xy.numbers) == 2 and min(white_xy.numbers) > 0 and sum(white_xy.numbers) < 1:
        x, y = white_xy.numbers
        matrix = colour.camera_from_xyz((x, y))
        if matrix is not None:
            camera = scaled_neutral(tuple(matrix @ xyz_from_xy((x, y))))
    if camera is None and colour.matrix_1 is None and colour.matrix_2 is None:
        return None
    return CameraColour(
        neutral=camera,
        matrix_1=colour.matrix_1,
        matrix_2=colour.matrix_2,
        illuminant_1=colour.illuminant_1,
        illuminant_2=colour.illuminant_2,
    )


def scaled_neutral(values: tuple[float, ...]) -> Triple | None:
    """Camera RGB of white, scaled to green = 1; None unless it is three finite numbers > 0."""
    if len(values) != 3 or not all(math.isfinite(v) and v > 0 for v in values):
        return None
    red, green, blue = values
    return red / green, 1.0, blue / green


def dng_noise(main: TiffDirectory, cfa: CfaPattern) -> NoiseModel | None:
    """NoiseProfile as a model in the normalised domain; None when the file has none that makes sense.

    One pair of (shot, read) holds for every colour, three are red, green, blue (CFAPlaneColor's order), and four, as
    some phones write, are the sites of a Bayer tile.
    """
    field = first([raw_directory(main).get(51041), main.get(51041)])
    values = field.numbers if field else ()
    pairs = list(zip(values[::2], values[1::2], strict=False))
    if len(pairs) == 1:
        pairs *= 3
    elif len(pairs) == 4 and cfa.is_bayer:
        by_colour = [[p for p, c in zip(pairs, cfa.sites, strict=True) if c == colour] for colour in range(3)]
        pairs = [(sum(s for s, _ in ps) / len(ps), sum(r for _, r in ps) / len(ps)) for ps in by_colour]
    if len(pairs) != 3 or not any(v > 0 for pair in pairs for v in pair):
        return None
    (red_s, red_r), (green_s, green_r), (blue_s, blue_r) = pairs
    # A fitted read variance may come out slightly negative; the model's own bound is 0.
    read = (max(red_r, 0.0), max(green_r, 0.0), max(blue_r, 0.0))
    try:
        return NoiseModel(shot=(red_s, green_s, blue_s), read=read)
    except ContractError:
        return None
