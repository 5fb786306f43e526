"""Everything that is known about one camera."""

from __future__ import annotations

from dataclasses import dataclass

from catchlight.camera.actuator import Actuator
from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.lens_map import LensMap
from catchlight.camera.profile.defects import Defects
from catchlight.camera.profile.shading import Shading
from catchlight.camera.profile.sharpness import Sharpness
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraProfile:
    """One physical camera, as far as somebody has measured it.

    Every part but the sensor may be missing, and says so by being None. A part is a dataclass of plain numbers, text
    and tuples, and stands in the camera's TOML file as the section of its name: a new one needs only a field here.

    Args:
        name: what a person would call it.
        source: where the numbers come from, their licence, and which of them are approximate.
        sensor: levels, colour filters, noise, colour.
        lens: focal length, aperture, aberrations.
        dual_pixel: how far its left and right half pictures move apart with defocus.
        actuator: how the focus motor moves.
        lens_map: dioptres against positions of the focus actuator.
        shading: gains that flatten a flat field.
        sharpness: what a chart told of the sharpness over the field.
        defects: photosites that do not tell the truth.

    Raises:
        ContractError: no name, or defects outside the sensor.
    """

    name: str
    source: str
    sensor: SensorProfile
    lens: Lens | None = None
    dual_pixel: DualPixel | None = None
    actuator: Actuator | None = None
    lens_map: LensMap | None = None
    shading: Shading | None = None
    sharpness: Sharpness | None = None
    defects: Defects | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ContractError("a camera profile has a name; found none")
        size, defects = self.sensor.size_px, self.defects
        if size and defects and len(defects) and (max(defects.y) >= size[0] or max(defects.x) >= size[1]):
            raise ContractError(f"defects lie inside the sensor's {size[0]}×{size[1]} px; found some outside")
