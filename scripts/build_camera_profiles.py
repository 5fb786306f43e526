"""Writes the camera profiles that ship with Catchlight, src/catchlight/camera/profile/cameras/*.toml.

Usage: python scripts/build_camera_profiles.py     (needs colour-science from the test extra)

The measurements lie in CATCHLIGHT_DATA (default ../shared/data), under calib/: eld_camera_params, rpi_sensor_tuning and
rawtoaces_spectral. Every profile's `source` says which of its numbers come from where and what is approximate.

Raspberry Pi sensors: libcamera's tuning files state the standard deviation of the shot noise on a 16-bit scale at gain
1 as `reference_slope`·√signal (`rpi.noise`), and the black level on the same scale, so that normalised shot = slope² /
(65535 - black): IMX477 has a full well of 8025 electrons, IMX708 of 9830. Read noise is not stated there
(`reference_constant` is 0): 2 and 3 electrons before and after the gain are typical of such small sensors. Shading:
gain of green = `luminance_lut`, of red and blue = that times the mean of the `calibrations_Cr` and `_Cb` tables, each
scaled to a minimum of 1 as libcamera does; the 16×12 cells are averaged to 8×6.

The cameras of Wei et al. 2020: K in DN per electron at the lowest (gain 1, ISO 100) and highest sensitivity, log σ of
Gaussian read noise and of row noise against log K from Profile-1, and the median shape of the Tukey lambda fits.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from derive_colour_matrices import DATA, WHITE_A, from_spectra, from_tuning

from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.lens_map import LensMap
from catchlight.camera.profile import CameraProfile, Shading, profile_from_toml, profile_to_toml
from catchlight.camera.sensor import NoiseKnot, NoiseLaw, PatternNoise, SensorProfile
from catchlight.core import CameraColour, CfaName
from catchlight.core.camera_colour import D65, STANDARD_LIGHT_A
from catchlight.core.colour import WHITE_D65

OUT = Path(__file__).resolve().parent.parent / "src/catchlight/camera/profile/cameras"
LIBCAMERA = (
    "Noise slope, black level, colour and shading: libcamera tuning {0}.json (raspberrypi fork, commit 26bfadc, "
    "src/ipa/rpi/vc4/data, BSD-2-Clause, copyright Raspberry Pi Ltd)."
)
PI_TABLE = "Size, pitch and lens: Raspberry Pi documentation, camera_hardware.adoc, commit 0510938."
READ = "Approximate: read noise is not in the tuning file, 2 and 3 electrons before and after the gain are typical."
OTHER_SLOPE = "libcamera's tuning for its other processor (pisp) states {0:.2f} times the shot variance."
READOUT = "Readout: the frame time of the fastest full-size mode that libcamera lists, an upper bound."
ELD = (
    "Noise: camera parameters released with Wei et al. 2020, 'A Physics-based Noise Formation Model for Extreme "
    "Low-light Raw Denoising' (github.com/Vandermode/ELD, commit 53d5408, MIT), Profile-1. Approximate: scatter about "
    "the fit (0.21 to 0.29 in log sigma) and colour bias are left out; read_tail is the median shape of its Tukey "
    "lambda fits, used with the variance of the Gaussian fit."
)
SPECTRA = (
    "Colour: measured spectral sensitivities and 190 reflectances of rawtoaces-data (commit e9b8503, Apache-2.0) under "
    "CIE A and D65, least squares with the white held exact."
)
NO_SPECTRA = "Colour: not measured, no matrices."
MAKER = "Size and pitch: the maker's specification (sensor width over its pixels). ISO 100 is gain 1."

Pi = tuple[str, int, CfaName, tuple[int, int], float, float, Lens | None]
PI_SENSORS: dict[str, Pi] = {
    # file: (camera, bits, filters, height and width, pitch in µm, fastest full-size mode in frames a second, lens)
    "imx219": ("IMX219", 10, "RGGB", (2464, 3280), 1.12, 21.19, Lens(focal_length_mm=3.04, aperture_f=2.0)),
    "imx290": ("IMX290", 12, "RGGB", (1080, 1920), 2.9, 60.0, None),
    "imx296": ("IMX296", 10, "RGGB", (1088, 1456), 3.45, 0.0, None),
    "imx296_mono": ("IMX296 mono", 10, "MONO", (1088, 1456), 3.45, 0.0, None),
    "imx477": ("IMX477", 12, "RGGB", (3040, 4056), 1.55, 10.0, None),
    "imx519": ("IMX519", 10, "RGGB", (3496, 4656), 1.22, 9.0, None),
    "imx708": ("IMX708", 10, "RGGB", (2592, 4608), 1.4, 14.35, Lens(focal_length_mm=4.74, aperture_f=1.8)),
    "imx708_wide": ("IMX708 wide", 10, "RGGB", (2592, 4608), 1.4, 14.35, Lens(focal_length_mm=2.75, aperture_f=2.2)),
    "ov5647": ("OV5647", 10, "GBRG", (1944, 2592), 1.4, 15.63, Lens(focal_length_mm=3.6, aperture_f=2.9)),
}
PI_NOTES = {
    "imx290": "Colour: its tuning has no white balance curve, so no matrices. Size and pitch: Sony's product flyer.",
    "imx296": "Global shutter.",
    "imx296_mono": "Global shutter. Approximate: noise and shading are those measured with colour filters (green).",
    "imx477": "The lens is interchangeable: the shading is that of the tuning's own.",
    "imx519": "Size and pitch: Arducam's product page.",
    "imx708": "The sensor's own filters are QUAD_RGGB; it re-arranges them to RGGB before it writes.",
    "imx708_wide": "The sensor's own filters are QUAD_RGGB; it re-arranges them to RGGB before it writes.",
}
ELD_CAMERAS: dict[str, tuple[str, str, str | None, float, float, tuple[int, int], float, str]] = {
    # name: (camera, file, spectra, black and white in DN, height and width, sensor width in mm, note on the levels)
    "sony_a7s2": ("ILCE-7SM2", "SonyA7S2", "Sony_ILCE-7SM2", 512.0, 16383.0, (2832, 4240), 35.6, ""),
    "nikon_d850": ("NIKON D850", "NikonD850", "Nikon_D850", 400.0, 16383.0, (5504, 8256), 35.9, ""),
    "canon_5d4": (
        "Canon EOS 5D Mark IV", "CanonEOS5D4", "Canon_EOS_5D_Mark_IV", 512.0, 16383.0, (4480, 6720), 36.0,
        "Levels are approximate and those of ISO 100; this camera's change with ISO.",
    ),
    "canon_70d": (
        "Canon EOS 70D", "CanonEOS70D", None, 2048.0, 15303.0, (3648, 5472), 22.5,
        "Levels are approximate; this camera's white changes with ISO.",
    ),
    "canon_700d": (
        "Canon EOS 700D", "CanonEOS700D", None, 2048.0, 15360.0, (3456, 5184), 22.3,
        "Levels are approximate; this camera's white changes with ISO.",
    ),
}  # fmt: skip
PROTOCOL = ((1.0, -2.2, -2.6), (2.0, -1.8, -2.2), (4.0, -1.4, -1.8), (8.0, -1.1, -1.5))


def main() -> None:
    """Writes all profiles and says what they weigh."""
    if not (DATA / "calib").is_dir():
        sys.exit(f"The calibration data was expected in {DATA / 'calib'}; set CATCHLIGHT_DATA to the folder above it.")
    OUT.mkdir(exist_ok=True)
    profiles = {name: raspberry_pi(name) for name in PI_SENSORS}
    profiles |= {name: measured_by_wei(name) for name in ELD_CAMERAS}
    profiles["burst_protocol"] = burst_protocol()
    for name, profile in profiles.items():
        text = profile_to_toml(profile)
        if profile_from_toml(text) != profile:
            sys.exit(f"{name} does not survive its own file")
        (OUT / f"{name}.toml").write_text(text, encoding="utf-8")
        knot = profile.sensor.noise.at(1.0)
        print(f"{name:16} {len(text):6} B  full well {1 / knot.shot:9.0f} e  read {knot.read**0.5 / knot.shot:6.2f} e")


def raspberry_pi(name: str) -> CameraProfile:
    """One of the sensors that libcamera has a tuning file for."""
    camera, bits, cfa, size_px, pitch_um, rate_hz, lens = PI_SENSORS[name]
    file = name.removesuffix("_mono")
    parts, other = tuning(file, "vc4"), tuning(file, "pisp")
    black, slope = parts["rpi.black_level"]["black_level"], parts["rpi.noise"]["reference_slope"]
    ratio = (other["rpi.noise"]["reference_slope"] / slope) ** 2
    notes = [LIBCAMERA.format(file), PI_TABLE if name not in ("imx290", "imx519") else "", PI_NOTES.get(name, "")]
    notes += [READ, OTHER_SLOPE.format(ratio) if abs(ratio - 1) > 0.02 else "", READOUT if rate_hz else ""]
    source = "\n".join(note for note in notes if note)
    colour = CameraColour()
    if "ct_curve" in parts["rpi.awb"] and cfa != "MONO":
        colour = two_lights(from_tuning(file, 2856, WHITE_A), from_tuning(file, 6504, WHITE_D65))
    points = parts.get("rpi.af", {}).get("map", [])
    scale = 2 ** (16 - bits)
    sensor = SensorProfile(
        name=camera,
        bits=bits,
        black_dn=black / scale,
        white_dn=float(2**bits - 1),
        cfa=cfa,
        noise=NoiseLaw.from_electrons(full_well_e=(65535 - black) / slope**2, before_gain_e=2.0, after_gain_e=3.0),
        colour=colour,
        size_px=size_px,
        pixel_pitch_um=pitch_um,
        readout_s=round(1 / rate_hz, 4) if rate_hz else 0.0,
        source=source,
    )
    return CameraProfile(
        name=camera,
        source=source,
        sensor=sensor,
        lens=lens,
        lens_map=LensMap(focus_d=tuple(points[::2]), position_dac=tuple(map(float, points[1::2]))) if points else None,
        shading=shading(parts["rpi.alsc"], mono=cfa == "MONO"),
    )


def tuning(name: str, processor: str) -> dict[str, dict]:
    """The algorithms of a tuning file by name."""
    content = json.loads((DATA / f"calib/rpi_sensor_tuning/{processor}/{name}.json").read_text())
    return {algorithm: value for entry in content["algorithms"] for algorithm, value in entry.items()}


def shading(alsc: dict, *, mono: bool) -> Shading:
    """Gains of the three colours on 6×8 cells."""
    luminance = np.array(alsc["luminance_lut"]).reshape(12, 16)

    def gains(key: str) -> tuple[tuple[float, ...], ...]:
        tables = [np.array(entry["table"]).reshape(12, 16) for entry in alsc.get(key, []) if not mono]
        colour = np.mean([table / table.min() for table in tables], axis=0) if tables else np.ones((12, 16))
        coarse = (luminance * colour).reshape(6, 2, 8, 2).mean(axis=(1, 3))
        return tuple(tuple(round(float(v), 3) for v in row) for row in coarse)

    return Shading(red=gains("calibrations_Cr"), green=gains("no table"), blue=gains("calibrations_Cb"))


def measured_by_wei(name: str) -> CameraProfile:
    """One of the cameras of the ELD paper."""
    camera, file, spectra, black_dn, white_dn, size_px, width_mm, note = ELD_CAMERAS[name]
    path = DATA / f"calib/eld_camera_params/release/{file}_params.npy"
    values = np.load(path, allow_pickle=True).item()
    fit = values["Profile-1"]

    def line(kind: str) -> tuple[float, float]:
        return round(float(fit[kind]["slope"]), 8), round(float(fit[kind]["bias"]), 8)

    source = "\n".join(part for part in (ELD, SPECTRA if spectra else NO_SPECTRA, MAKER, note) if part)
    sensor = SensorProfile(
        name=camera,
        bits=14,
        black_dn=black_dn,
        white_dn=white_dn,
        cfa="RGGB",
        noise=NoiseLaw.from_log_linear(
            range_dn=white_dn - black_dn,
            dn_per_e=(round(float(values["Kmin"]), 8), round(float(values["Kmax"]), 8)),
            read=line("g_scale"),
            row=line("R_scale"),
        ),
        colour=two_lights(from_spectra(spectra, "A"), from_spectra(spectra, "D65")) if spectra else CameraColour(),
        pattern_noise=PatternNoise(read_tail=round(float(np.median(values["G_shape"])), 3)),
        size_px=size_px,
        pixel_pitch_um=round(1000 * width_mm / size_px[1], 2),
        source=source,
    )
    return CameraProfile(name=camera, source=source, sensor=sensor)


def burst_protocol() -> CameraProfile:
    """No camera but the noise that papers on bursts are compared at."""
    source = (
        "Mildenhall et al. 2018, 'Burst Denoising with Kernel Prediction Networks': variance = read^2 + shot * signal\n"
        "at gains 1, 2, 4, 8 with (log10 read, log10 shot) = (-2.2, -2.6), (-1.8, -2.2), (-1.4, -1.8), (-1.1, -1.5).\n"
        "Other authors round the last two reads as -1.44 and -1.07. Our deviations: a Bayer mosaic, not grey;\n"
        "shot noise truly Poisson; values above white are clipped (a black level of a quarter of the scale keeps the\n"
        "negative ones)."
    )
    knots = tuple(NoiseKnot(gain=gain, shot=10**shot, read=10 ** (2 * read)) for gain, read, shot in PROTOCOL)
    sensor = SensorProfile(
        name="burst protocol",
        bits=16,
        black_dn=16384.0,
        white_dn=65535.0,
        cfa="RGGB",
        noise=NoiseLaw(knots=knots),
        source=source,
    )
    return CameraProfile(name="burst protocol", source=source, sensor=sensor)


def two_lights(under_a: np.ndarray, under_d65: np.ndarray) -> CameraColour:
    """Matrices to four decimals, as DNG files hold them."""

    def rows(matrix: np.ndarray) -> tuple:
        return tuple(tuple(round(float(v), 4) for v in row) for row in matrix)

    return CameraColour(
        matrix_1=rows(under_a), matrix_2=rows(under_d65), illuminant_1=STANDARD_LIGHT_A, illuminant_2=D65
    )


if __name__ == "__main__":
    main()
