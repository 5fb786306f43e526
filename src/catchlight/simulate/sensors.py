"""Sensors whose noise and colour somebody has measured.

Raspberry Pi HQ camera (IMX477) and Camera Module 3 (IMX708)
    Shot noise: libcamera's tuning files state the standard deviation on a 16-bit scale at gain 1 as
    `reference_slope`·√signal (`rpi.noise`), and the black level on the same scale (4096). So the variance is
    slope²·signal, and normalised: shot = slope² / (65535 - 4096). IMX477: 2.767² / 61439 = 1.246e-4, a full well of
    8025 electrons; IMX708: 2.5² / 61439 = 1.017e-4, 9830 electrons. Approximate: the files give no read noise
    (`reference_constant` is 0); the 2 and 3 electrons before and after the gain are typical of such small sensors.
    Colour: each `rpi.ccm` matrix C (rows sum to 1) takes white-balanced camera RGB to linear sRGB at one colour
    temperature, `rpi.awb`'s `ct_curve` gives the neutral n there. Both are interpolated in mired to illuminant A
    (2856 K) and D65 (6504 K); then XYZ → camera = diag(n) · C⁻¹ · (sRGB from XYZ) · (Bradford, illuminant → D65).
    Source: libcamera (raspberrypi fork, commit 26bfadc, BSD-2-Clause), src/ipa/rpi/vc4/data/imx477.json, imx708.json.

Sony α7S II and Nikon D850
    Noise: Profile-1 of the camera parameters released with Wei et al. 2020 (commit 53d5408, MIT): K in DN per electron
    at the lowest (gain 1, ISO 100) and highest sensitivity, log σ of Gaussian read noise and of row noise against
    log K. Approximate: scatter about the fit (0.21–0.29 in log σ) and colour bias are left out.
    Colour: the measured spectral sensitivities of rawtoaces-data (commit e9b8503, Apache-2.0) and its 190 reflectances
    under CIE A and D65; XYZ → camera by least squares over the patches with the white held exact, green of the white 1.
    `scripts/derive_colour_matrices.py` prints these numbers.

The burst denoising protocol
    Mildenhall et al. 2018, "Burst Denoising with Kernel Prediction Networks": variance = σr² + σs·signal,
    gains 1, 2, 4, 8 ↔ (log10 σr, log10 σs) = (-2.2, -2.6), (-1.8, -2.2), (-1.4, -1.8), (-1.1, -1.5); other authors
    round the last two σr as -1.44 and -1.07. Our deviations: a Bayer mosaic instead of grey pictures, shot noise truly
    Poisson, values above white are clipped (a black level of a third of the scale keeps the negative ones).
"""

from __future__ import annotations

from catchlight.core.camera_colour import D65, STANDARD_LIGHT_A, CameraColour
from catchlight.simulate.noise_law import NoiseKnot, NoiseLaw
from catchlight.simulate.sensor import SensorProfile

IMX477 = SensorProfile(
    name="IMX477",
    bits=12,
    black_dn=256.0,
    white_dn=4095.0,
    cfa="RGGB",
    noise=NoiseLaw.from_electrons(full_well_e=61439 / 2.767**2, before_gain_e=2.0, after_gain_e=3.0),
    colour=CameraColour(
        matrix_1=((0.6999, -0.3137, 0.1392), (-0.2217, 0.9902, 0.7119), (0.0061, 0.0961, 0.8516)),
        matrix_2=((0.4268, -0.0948, -0.0023), (-0.1858, 0.8588, 0.2918), (0.0870, 0.0610, 0.5266)),
        illuminant_1=STANDARD_LIGHT_A,
        illuminant_2=D65,
    ),
    source="libcamera tuning imx477.json (BSD-2-Clause); read noise approximate",
)

IMX708 = SensorProfile(
    name="IMX708",
    bits=10,
    black_dn=64.0,
    white_dn=1023.0,
    cfa="RGGB",
    noise=NoiseLaw.from_electrons(full_well_e=61439 / 2.5**2, before_gain_e=2.0, after_gain_e=3.0),
    colour=CameraColour(
        matrix_1=((1.1583, -0.5357, 0.0598), (-0.4397, 1.3644, 0.3332), (-0.0959, 0.2150, 0.6284)),
        matrix_2=((0.8303, -0.3013, -0.0814), (-0.3069, 1.0886, 0.1865), (-0.0321, 0.1439, 0.4992)),
        illuminant_1=STANDARD_LIGHT_A,
        illuminant_2=D65,
    ),
    source="libcamera tuning imx708.json (BSD-2-Clause); read noise approximate",
)

SONY_A7S2 = SensorProfile(
    name="ILCE-7SM2",
    bits=14,
    black_dn=512.0,
    white_dn=16383.0,
    cfa="RGGB",
    noise=NoiseLaw.from_log_linear(
        range_dn=16383.0 - 512,
        dn_per_e=(0.09391607, 6.01062854),
        read=(0.54074961, 1.21823712),
        row=(0.52753605, -0.59170026),
    ),
    colour=CameraColour(
        matrix_1=((0.5930, -0.0947, 0.0120), (-0.4559, 1.3649, 0.3821), (-0.1335, 0.2693, 0.8039)),
        matrix_2=((0.4096, -0.0222, -0.0118), (-0.4213, 1.1244, 0.2536), (-0.1905, 0.3040, 0.5682)),
        illuminant_1=STANDARD_LIGHT_A,
        illuminant_2=D65,
    ),
    source="Wei et al. 2020, released parameters (MIT); matrices from rawtoaces-data (Apache-2.0)",
)

NIKON_D850 = SensorProfile(
    name="NIKON D850",
    bits=14,
    black_dn=400.0,
    white_dn=16383.0,
    cfa="RGGB",
    noise=NoiseLaw.from_log_linear(
        range_dn=16383.0 - 400,
        dn_per_e=(0.41503933, 26.56251689),
        read=(0.56346126, 0.79941011),
        row=(0.4482922, -1.79771033),
    ),
    colour=CameraColour(
        matrix_1=((1.1369, -0.3951, -0.0843), (-0.6773, 1.6257, 0.3324), (-0.1532, 0.2763, 0.9507)),
        matrix_2=((0.7982, -0.2105, -0.1060), (-0.6392, 1.3903, 0.1995), (-0.2383, 0.3440, 0.6688)),
        illuminant_1=STANDARD_LIGHT_A,
        illuminant_2=D65,
    ),
    source="Wei et al. 2020, released parameters (MIT); matrices from rawtoaces-data (Apache-2.0)",
)

_PROTOCOL = ((1.0, -2.2, -2.6), (2.0, -1.8, -2.2), (4.0, -1.4, -1.8), (8.0, -1.1, -1.5))

BURST_PROTOCOL = SensorProfile(
    name="burst protocol",
    bits=16,
    black_dn=16384.0,
    white_dn=65535.0,
    cfa="RGGB",
    noise=NoiseLaw(
        knots=tuple(NoiseKnot(gain=gain, shot=10**shot, read=10 ** (2 * read)) for gain, read, shot in _PROTOCOL)
    ),
    source="Mildenhall et al. 2018",
)

SENSORS = {sensor.name: sensor for sensor in (IMX477, IMX708, SONY_A7S2, NIKON_D850, BURST_PROTOCOL)}
