"""What a file says about the picture besides its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Facts about a shot that travel from the input to every output.

    Args:
        make: camera maker, empty when unknown.
        model: camera model, empty when unknown.
        exposure_s: exposure time in seconds; None when unknown.
        iso: ISO speed; None when unknown.
        aperture_f: f-number; None when unknown.
        focal_length_mm: focal length in millimetres; None when unknown.
        timestamp_ns: local time of the shot as nanoseconds since 1970 without a time zone; None when unknown.
        orientation: EXIF orientation 1…8 of the stored pixels (1: upright).
        exif: the file's EXIF as one TIFF-encoded block (without the leading "Exif\\0\\0"), GPS included; may be empty.
    """

    make: str = ""
    model: str = ""
    exposure_s: float | None = None
    iso: float | None = None
    aperture_f: float | None = None
    focal_length_mm: float | None = None
    timestamp_ns: int | None = None
    orientation: int = 1
    exif: bytes = b""

    def __post_init__(self) -> None:
        if self.orientation not in range(1, 9):
            raise ContractError(f"an EXIF orientation is 1…8; found {self.orientation}")
        for name, value in (("exposure_s", self.exposure_s), ("iso", self.iso), ("aperture_f", self.aperture_f)):
            if value is not None and not value > 0:
                raise ContractError(f"{name} is > 0 or unknown (None); found {value}")

    def light_ratio(self, other: Metadata) -> float | None:
        """How many times as much this shot shows as `other` of the same scene, by exposure time, ISO and aperture.

        None when either does not tell its time or ISO; apertures count where both tell them.
        """
        if not (self.exposure_s and self.iso and other.exposure_s and other.iso):
            return None
        ratio = (self.exposure_s * self.iso) / (other.exposure_s * other.iso)
        if self.aperture_f and other.aperture_f:
            ratio *= (other.aperture_f / self.aperture_f) ** 2
        return ratio
