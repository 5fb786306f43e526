"""Sensors that the simulator is used with most; every built-in camera profile has one.

What they are, where their numbers come from and which of those are approximate stands in the profiles
(`catchlight.camera.profile`, cameras/*.toml), which `scripts/build_camera_profiles.py` writes from the measurements.
"""

from __future__ import annotations

from catchlight.camera.profile.read_profile import load_builtin

IMX477 = load_builtin("imx477").sensor
IMX708 = load_builtin("imx708").sensor
SONY_A7S2 = load_builtin("sony_a7s2").sensor
NIKON_D850 = load_builtin("nikon_d850").sensor
BURST_PROTOCOL = load_builtin("burst_protocol").sensor

SENSORS = {sensor.name: sensor for sensor in (IMX477, IMX708, SONY_A7S2, NIKON_D850, BURST_PROTOCOL)}
