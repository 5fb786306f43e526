"""Colour matrices of the built-in camera profiles from the measurements they come from.

Usage: python scripts/derive_colour_matrices.py     (needs colour-science from the test extra for illuminants A and D65)

The measurements lie in CATCHLIGHT_DATA (default ../shared/data): calib/rawtoaces_spectral and calib/rpi_sensor_tuning.

Spectra: `catchlight.camera.sensor.colour_of` over the 190 reflectances of rawtoaces-data under CIE A and D65.

Tuning files of libcamera: each `rpi.ccm` matrix C (rows sum to 1) takes white-balanced camera RGB to linear sRGB at one
colour temperature, `rpi.awb`'s `ct_curve` gives the neutral n there. Both are interpolated in mired to illuminant A
(2856 K) and D65 (6504 K); then XYZ → camera = diag(n) · C⁻¹ · (sRGB from XYZ) · (Bradford, illuminant → D65).

`scripts/build_camera_profiles.py` writes the results into the profiles; run alone, this script prints them.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np

from catchlight.camera.sensor import colour_of
from catchlight.core import ColourSpace, adaptation, matrix
from catchlight.core.colour import WHITE_D65

DATA = Path(os.environ.get("CATCHLIGHT_DATA", "../shared/data"))
WAVELENGTHS_NM = np.arange(380, 781, 5)
WHITE_A = (0.44758, 0.40745)


def main() -> None:
    """Prints the matrices of some cameras under illuminants A and D65."""
    if not (DATA / "calib").is_dir():
        sys.exit(f"The calibration data was expected in {DATA / 'calib'}; set CATCHLIGHT_DATA to the folder above it.")
    for camera in ("Sony_ILCE-7SM2", "Nikon_D850"):
        for light in ("A", "D65"):
            show(f"{camera} {light}", from_spectra(camera, light))
    for sensor in ("imx477", "imx708"):
        show(f"{sensor} A", from_tuning(sensor, 2856, WHITE_A))
        show(f"{sensor} D65", from_tuning(sensor, 6504, WHITE_D65))


def show(title: str, rows: np.ndarray) -> None:
    """Prints one matrix as it stands in the code."""
    print(title, [[round(float(v), 4) for v in row] for row in rows])


def from_spectra(camera: str, light: str) -> np.ndarray:
    """XYZ → camera by least squares over the training patches, with the white held exact."""
    folder = DATA / "calib/rawtoaces_spectral/data"
    found = colour_of(
        np.maximum(spectra(folder / f"camera/{camera}_380_780_5.json"), 0),
        illuminant(light),
        surfaces=spectra(folder / "training/training_spectral.json"),
        observer=spectra(folder / "cmf/cmf_1931.json"),
    )
    return np.array(found.camera_from_xyz)


def from_tuning(sensor: str, cct_k: float, white: tuple[float, float]) -> np.ndarray:
    """XYZ → camera from a tuning file's matrices and neutrals, interpolated in mired."""
    tuning = json.loads((DATA / f"calib/rpi_sensor_tuning/vc4/{sensor}.json").read_text())
    parts = {name: value for algorithm in tuning["algorithms"] for name, value in algorithm.items()}
    kelvins = np.array([entry["ct"] for entry in parts["rpi.ccm"]["ccms"]])
    matrices = np.array([entry["ccm"] for entry in parts["rpi.ccm"]["ccms"]])
    curve = np.array(parts["rpi.awb"]["ct_curve"]).reshape(-1, 3)

    def at(kelvin: np.ndarray, values: np.ndarray) -> float:
        return float(np.interp(1 / cct_k, 1 / kelvin[::-1], values[::-1]))

    srgb_from_camera = np.array([at(kelvins, matrices[:, i]) for i in range(9)]).reshape(3, 3)
    srgb_from_camera /= srgb_from_camera.sum(axis=1, keepdims=True)
    neutral = np.array([at(curve[:, 0], curve[:, 1]), 1.0, at(curve[:, 0], curve[:, 2])])
    srgb_from_xyz = matrix(ColourSpace.SRGB, ColourSpace.XYZ_D65) @ adaptation(white, WHITE_D65)
    return np.diag(neutral) @ np.linalg.inv(srgb_from_camera) @ srgb_from_xyz


def spectra(path: Path) -> np.ndarray:
    """Wavelengths × channels of a rawtoaces file, resampled to 5 nm."""
    table = json.loads(path.read_text())["spectral_data"]["data"]["main"]
    nanometres = sorted(table, key=float)
    values = np.array([table[nm] for nm in nanometres], float)
    known = np.array([float(nm) for nm in nanometres])
    return np.stack([np.interp(WAVELENGTHS_NM, known, column) for column in values.T], axis=1)


def illuminant(name: str) -> np.ndarray:
    """Relative power of a CIE illuminant at 5 nm."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about optional plotting packages
        import colour
    curve = colour.SDS_ILLUMINANTS[name]
    return np.interp(WAVELENGTHS_NM, curve.wavelengths, curve.values)


if __name__ == "__main__":
    main()
