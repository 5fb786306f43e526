"""White balance on photos under lamps whose colour is known, against the classical estimators."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core import CameraColour, ColourSpace
from catchlight.core.colour import Chromaticity, xyz_from_xy
from catchlight.develop import auto_white_balance
from catchlight.evaluate.develop.part import Part, loaded, name_of
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.photo_sets import GB82_NO_PHOTOS, Photo, photo_files, synthetic_photos
from catchlight.evaluate.result_cache import Figures
from catchlight.simulate import SENSORS
from catchlight.simulate.light import white_xy
from catchlight.simulate.unprocess import camera_light

MEDIAN, P95 = "white balance error, median", "white balance error, 95th percentile"
OURS, OURS_UNKNOWN = "catchlight", "catchlight, camera unknown"
# Temperature and distance above the black-body locus (CIE 1960 uv): lamps, flashes, daylight, shade; and greenish
# lamps, LED and fluorescent.
LIGHTS = (
    (2000.0, 0.0), (2300.0, 0.0), (2700.0, 0.0), (3200.0, 0.0), (4000.0, 0.0), (5000.0, 0.0), (6500.0, 0.0),
    (8000.0, 0.0), (3000.0, 0.012), (4000.0, 0.012), (5000.0, 0.012),
)  # fmt: skip
GROUPS = {
    "all lights": lambda cct_k, duv: True,
    "black body up to 2700 K": lambda cct_k, duv: cct_k <= 2700 and duv == 0,
    "greenish lamps": lambda cct_k, duv: duv > 0,
    "black body from 5000 K": lambda cct_k, duv: cct_k >= 5000 and duv == 0,
}
_SENSORS = ("IMX477", "IMX708", "ILCE-7SM2", "NIKON D850")
_LIGHTS_PER_PHOTO = 4
_GAINS = (1.0, 4.0, 16.0)
# From a photo four stops too dark to one that is blown out by half a stop.
_EXPOSURE_EV = (-4.0, 1.0)
_LONG_SIDE_PX = 224
# Cells of the classical estimators, and what counts as clipped in any of their pixels.
_CELL_PX, _CLIPPED = 4, 0.98

Picture = Float32[np.ndarray, "h w 3"]
Estimator = Callable[[Picture, CameraColour], Float64[np.ndarray, "3"]]


def white_balance_part(folder: Path | None, quick: bool) -> Part:
    """A random quarter of every photo under four lights, by sensors whose matrices are known."""
    photos = {name_of(photo): photo for photo in _photos(folder, quick)}
    return Part(
        name="white balance",
        what="SYNTHETIC: a random quarter of each photo, taken for a scene under white light, under 4 of 11 lights "
        "(2000 to 8000 K, and greenish ones), by one of 4 sensors with matrices, −4 to +1 EV of exposure, noise of "
        "gain 1, 4 or 16, half-size pictures; angle between the true and the found white in camera RGB. Classical "
        "estimators get means of 4×4 px, those with clipped pixels left out",
        jobs={name: partial(white_balance_errors, photo) for name, photo in photos.items()},
        rows=_rows,
        photos=photos,
    )


def white_balance_errors(photo: Path | Photo) -> Figures:
    """Error in degrees of every method under each light, by the key `method | kelvin | duv`."""
    picture = loaded(photo)
    rng = np.random.default_rng((zlib.crc32(picture.name.encode()), 45))
    frame = picture.frame.in_space(ColourSpace.SRGB, picture.frame.transfer)
    h, w = frame.shape
    top, left = (int(rng.integers(side - side // 2 + 1)) for side in (h, w))
    part = replace(frame, pixels=np.ascontiguousarray(frame.pixels[top : top + h // 2, left : left + w // 2]))
    figures: Figures = {}
    for number in rng.choice(len(LIGHTS), _LIGHTS_PER_PHOTO, replace=False):
        cct_k, duv = LIGHTS[number]
        sensor = SENSORS[str(rng.choice(_SENSORS))]
        neutral = neutral_of(sensor.colour, light_above_locus(cct_k, duv))
        red, green, blue = (float(v) for v in neutral)
        light = camera_light(part, colour=replace(sensor.colour, neutral=(red, green, blue)))
        seen = _taken(light, sensor, rng)
        for name, estimate in ESTIMATORS.items():
            figures[f"{name} | {cct_k:g} | {duv:g}"] = angle_deg(estimate(seen, sensor.colour), neutral)
    return figures


def light_above_locus(cct_k: float, duv: float) -> Chromaticity:
    """CIE xy of a light `duv` above the black-body locus, along its normal in CIE 1960 uv; > 0 is greenish.

    The locus is not that of `catchlight.develop`, so that what is measured does not measure itself.

    >>> [round(v, 3) for v in light_above_locus(2856.0, 0.0)]
    [0.447, 0.408]
    """
    before, at, after = (np.array(_uv(white_xy(t))) for t in (cct_k * 0.999, cct_k, cct_k * 1.001))
    along = (after - before) / np.linalg.norm(after - before)
    # Towards higher temperature u falls: the normal to its right has rising v, where green lies.
    u, v = at + duv * np.array([along[1], -along[0]])
    scale = 2 * u - 8 * v + 4
    return float(3 * u / scale), float(2 * v / scale)


def neutral_of(colour: CameraColour, white: Chromaticity) -> Float64[np.ndarray, "3"]:
    """Camera RGB of a white surface, green 1."""
    camera = colour.camera_from_xyz(white)
    assert camera is not None
    seen = np.asarray(camera @ xyz_from_xy(white), np.float64)
    return seen / seen[1]


def angle_deg(found: Float64[np.ndarray, "3"], true: Float64[np.ndarray, "3"]) -> float:
    """Angle between two whites: the usual error of colour constancy."""
    cosine = found @ true / np.linalg.norm(found) / np.linalg.norm(true)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _uv(xy: Chromaticity) -> tuple[float, float]:
    scale = -2 * xy[0] + 12 * xy[1] + 3
    return 4 * xy[0] / scale, 6 * xy[1] / scale


def _taken(light: Picture, sensor: SensorProfile, rng: np.random.Generator) -> Float32[np.ndarray, "H W 3"]:
    """A half-size picture: one red and blue photosite a pixel, two green ones."""
    shrink = max(light.shape[:2]) / _LONG_SIDE_PX
    size = (round(light.shape[1] / shrink), round(light.shape[0] / shrink))
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA) * np.float32(2.0 ** rng.uniform(*_EXPOSURE_EV))
    noise = sensor.noise_at(float(rng.choice(_GAINS)))
    variance = np.array(noise.shot) * small + np.array(noise.read)
    variance[..., 1] /= 2
    noisy = small + rng.standard_normal(small.shape) * np.sqrt(variance)
    return np.minimum(noisy, 1).astype(np.float32)


def _cells(seen: Picture) -> Float64[np.ndarray, "n 3"]:
    h, w = (side // _CELL_PX for side in seen.shape[:2])
    blocks = seen[: h * _CELL_PX, : w * _CELL_PX].reshape(h, _CELL_PX, w, _CELL_PX, 3)
    mean = blocks.mean(axis=(1, 3), dtype=np.float64).reshape(-1, 3)
    whole = blocks.max(axis=(1, 3)).reshape(-1, 3).max(axis=1) < _CLIPPED
    cells = mean[whole] if whole.any() else mean
    result: Float64[np.ndarray, "n 3"] = np.maximum(cells, 0)
    return result


def _minkowski(power: float, seen: Picture, colour: CameraColour) -> Float64[np.ndarray, "3"]:
    """Grey world with power 1, shades of grey with 6.

    Source: Finlayson & Trezzi 2004, "Shades of gray and color constancy".
    """
    cells = _cells(seen)
    most = max(float(cells.max()), 1e-9)
    norm: Float64[np.ndarray, "3"] = np.mean((cells / most) ** power, axis=0) ** (1 / power)
    return np.maximum(norm, 1e-6)


def _max_rgb(seen: Picture, colour: CameraColour) -> Float64[np.ndarray, "3"]:
    return np.maximum(_cells(seen).max(axis=0), 1e-6)


def _ours(seen: Picture, colour: CameraColour) -> Float64[np.ndarray, "3"]:
    return 1 / np.array(auto_white_balance(seen, colour))


def _ours_unknown(seen: Picture, colour: CameraColour) -> Float64[np.ndarray, "3"]:
    return 1 / np.array(auto_white_balance(seen))


ESTIMATORS: dict[str, Estimator] = {
    OURS: _ours,
    OURS_UNKNOWN: _ours_unknown,
    "grey world": partial(_minkowski, 1.0),
    "max-RGB": _max_rgb,
    "shades of grey (p = 6)": partial(_minkowski, 6.0),
}


def _photos(folder: Path | None, quick: bool) -> list[Path | Photo]:
    if folder is None:
        return list(synthetic_photos(2 if quick else 12))
    few = 4 if quick else None
    files = [
        *photo_files(folder, "kodak24", at_most=few),
        *photo_files(folder, "gb82", without=GB82_NO_PHOTOS, at_most=few),
    ]
    if not quick:
        files += photo_files(folder, "clic2025_960/validation")
        # The other benchmarks do without these: whoever has no copy gets the rest.
        more = "cid22_512/validation"
        files += photo_files(folder, more) if (folder / "photos" / more).is_dir() else []
    return list(files)


def _rows(found: Mapping[str, Figures]) -> list[Row]:
    rows = []
    for group, belongs in GROUPS.items():
        errors: dict[str, list[float]] = {}
        for figures in found.values():
            for key, error in figures.items():
                method, cct_k, duv = key.split(" | ")
                if belongs(float(cct_k), float(duv)):
                    errors.setdefault(method, []).append(error)
        for method, values in errors.items():
            case = f"{group}, n = {len(values)}"
            rows += [_row(method, case, metric, values, share) for metric, share in ((MEDIAN, 50.0), (P95, 95.0))]
    return rows


def _row(method: str, case: str, metric: str, errors_deg: Sequence[float], percent: float) -> Row:
    value = float(np.percentile(errors_deg, percent))
    return Row(method=method, case=case, metric=metric, value=value, ci95=None, unit="°", higher_is_better=False)
