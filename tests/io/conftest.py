"""Small frames and mosaics with every fact filled in."""

from collections.abc import Callable

import numpy as np
import pytest

from catchlight.core import BayerName, CameraColour, CfaPattern, ColourSpace, Frame, Metadata, NoiseModel, RawFrame
from catchlight.io.exif import exif_block
from catchlight.io.tiff_directory import EXIF_IFD, GPS_IFD, TiffDirectory, encode_block
from catchlight.io.tiff_field import ASCII, UNDEFINED, TiffField

# The matrix of a real camera (Nikon D5200, from its DNG) and a warm scene's neutral.
MATRIX = ((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086))
TUNGSTEN = ((1.0128, -0.4361, 0.0112), (-0.4025, 1.1512, 0.2909), (-0.0576, 0.1322, 0.5941))


@pytest.fixture
def exif_with_gps() -> bytes:
    """A camera's EXIF block: GPS, a lens name, an artist, and a MakerNote that must not travel."""
    main = TiffDirectory({271: TiffField.of_text("Acme"), 315: TiffField.of_text("Zoë Ångström")})
    main.children[EXIF_IFD] = [
        TiffDirectory(
            {
                33434: TiffField.of_rationals(1 / 160),
                33437: TiffField.of_rationals(1.8),
                34855: TiffField.of_shorts(640),
                36867: TiffField.of_text("2024:02:29 23:59:58"),
                37386: TiffField.of_rationals(6.86),
                37500: TiffField(UNDEFINED, b"maker's own" * 10),
                37521: TiffField.of_text("070"),
                42036: TiffField.of_text("Acme 26 mm f/1.8"),
            }
        )
    ]
    main.children[GPS_IFD] = [
        TiffDirectory(
            {
                0: TiffField.of_bytes(2, 3, 0, 0),
                1: TiffField(ASCII, b"N\0"),
                2: TiffField.of_rationals(48.0, 51.0, 29.6),
                3: TiffField(ASCII, b"E\0"),
                4: TiffField.of_rationals(2.0, 17.0, 40.2),
            }
        )
    ]
    return encode_block(main)


@pytest.fixture
def metadata(exif_with_gps: bytes) -> Metadata:
    """Facts that agree with the block, and an orientation that only Metadata has."""
    return Metadata(
        make="Acme",
        model="One",
        exposure_s=1 / 160,
        iso=640.0,
        aperture_f=1.8,
        focal_length_mm=6.86,
        timestamp_ns=1_709_251_198_070_000_000,
        orientation=6,
        exif=exif_with_gps,
    )


@pytest.fixture
def make_frame(metadata: Metadata) -> Callable[..., Frame]:
    """Frames with a smooth picture (lossy formats keep it) or given pixels."""

    def make(height: int = 48, width: int = 64, **facts: object) -> Frame:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        planes = (x / max(width - 1, 1), y / max(height - 1, 1), (x + y) / max(width + height - 2, 1))
        pixels = np.stack(planes, axis=2) * np.float32(0.8) + np.float32(0.1)
        given = {"pixels": pixels, "space": ColourSpace.SRGB, "transfer": "srgb", "metadata": metadata, **facts}
        return Frame(white="display white", **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_raw(metadata: Metadata) -> Callable[..., RawFrame]:
    """Mosaics of a coloured ramp with noise, black levels that differ by site, and two matrices."""

    def make(height: int = 64, width: int = 96, name: BayerName = "RGGB", **facts: object) -> RawFrame:
        cfa = CfaPattern(name=name)
        tone = np.array([0.55, 1.0, 0.7])[np.tile(cfa.indices, (height // 2, width // 2))]
        y, x = np.mgrid[:height, :width]
        light = tone * (0.1 + 0.6 * x / width + 0.2 * y / height)
        dn = 512 + light * 14000 + np.random.default_rng(7).normal(0, 20, light.shape)
        given = {
            "mosaic": dn.round().astype(np.uint16),
            "cfa": cfa,
            "black_dn": (510.0, 512.25, 513.5, 514.0),
            "white_dn": 15520.0,
            "noise": NoiseModel(shot=(1e-4, 2e-4, 3e-4), read=(1e-6, 2e-6, 3e-6)),
            "colour": CameraColour(
                neutral=(0.513, 1.0, 0.744), matrix_1=TUNGSTEN, matrix_2=MATRIX, illuminant_1=17, illuminant_2=21
            ),
            "metadata": metadata,
            **facts,
        }
        return RawFrame(**given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def jpeg_exif(metadata: Metadata) -> bytes:
    """The block as a JPEG carries it."""
    return b"Exif\0\0" + exif_block(metadata)
