"""Camera profiles: everything known about one camera, in one readable file."""

from catchlight.camera.profile.camera_profile import CameraProfile
from catchlight.camera.profile.defects import Defects
from catchlight.camera.profile.profile_toml import profile_from_toml, profile_to_toml
from catchlight.camera.profile.read_profile import builtin_profiles, load_builtin, read_profile
from catchlight.camera.profile.shading import Shading
from catchlight.camera.profile.sharpness import Sharpness

__all__ = [
    "CameraProfile",
    "Defects",
    "Shading",
    "Sharpness",
    "builtin_profiles",
    "load_builtin",
    "profile_from_toml",
    "profile_to_toml",
    "read_profile",
]
