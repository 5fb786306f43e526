"""The voice coil that moves the focus lens: a spring and a mass behind a delay, a slew limit and hysteresis."""

from __future__ import annotations

import cmath
import math
from collections import deque
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuator:
    """A focus actuator; positions are in the units of its digital-to-analog converter (DAC).

    A command is rounded to the converter's steps and limited to its range, waits `delay_s`, and is approached at no
    more than the slew rate. Hysteresis (a play operator: friction that has to be pulled through first) follows, and a
    damped spring pulls the lens to where that points: x'' + 2·ζ·ω·x' + ω²·(x - rest) = 0.

    Args:
        natural_frequency_hz: ω/2π of the undamped spring, > 0.
        damping: ζ; below 1 it overshoots, at 1 it just does not.
        delay_s: from a command to its first effect.
        slew_dac_per_s: fastest change of the drive; 0 is no limit.
        hysteresis_dac: how much farther down than up the same rest position is commanded: the loop's full width.
        dac_min: lowest command.
        dac_max: highest command.
        dac_step: size of one step of the converter; 0 is none.
        gravity_dac: shift of the rest position when the lens points straight up; straight down it is the opposite.
        temperature_dac_per_k: shift of the rest position per kelvin above the calibration's temperature.

    Raises:
        ContractError: a number out of range or not finite.
    """

    natural_frequency_hz: float
    damping: float
    delay_s: float = 0.0
    slew_dac_per_s: float = 0.0
    hysteresis_dac: float = 0.0
    dac_min: float = 0.0
    dac_max: float = 1023.0
    dac_step: float = 1.0
    gravity_dac: float = 0.0
    temperature_dac_per_k: float = 0.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            if not math.isfinite(getattr(self, entry.name)):
                raise ContractError(f"the actuator's {entry.name} is finite; found {getattr(self, entry.name)}")
        if not (self.natural_frequency_hz > 0 and self.damping >= 0):
            raise ContractError(
                "an actuator has a natural frequency > 0 and a damping ≥ 0; "
                f"found {self.natural_frequency_hz} Hz and {self.damping}"
            )
        for name in ("delay_s", "slew_dac_per_s", "hysteresis_dac", "dac_step"):
            if not getattr(self, name) >= 0:
                raise ContractError(f"the actuator's {name} is ≥ 0; found {getattr(self, name)}")
        if not self.dac_min < self.dac_max:
            raise ContractError(f"an actuator has a range of commands; found {self.dac_min} to {self.dac_max}")

    def accepted_dac(self, command_dac: float) -> float:
        """What the converter makes of a command: within its range, on its steps."""
        if not math.isfinite(command_dac):
            raise ContractError(f"a command is a finite number; found {command_dac}")
        limited = min(max(command_dac, self.dac_min), self.dac_max)
        if self.dac_step == 0:
            return limited
        steps = round((limited - self.dac_min) / self.dac_step)
        return min(self.dac_min + steps * self.dac_step, self.dac_max)

    def rest_shift_dac(self, *, pointing_up: float = 0.0, warmer_k: float = 0.0) -> float:
        """Shift of the rest position by gravity (1: straight up, -1: straight down) and temperature."""
        return self.gravity_dac * pointing_up + self.temperature_dac_per_k * warmer_k

    def simulate(
        self,
        commands_dac: Float64[np.ndarray, "n"],
        times_s: Float64[np.ndarray, "given"],
        *,
        at_s: Float64[np.ndarray, "m"],
        start_dac: float,
        pointing_up: float = 0.0,
        warmer_k: float = 0.0,
    ) -> Float64[np.ndarray, "m"]:
        """Positions of the lens at chosen times, from rest at `start_dac` and through a list of commands.

        Exact at any spacing of the times: nothing depends on a step size.

        Args:
            commands_dac: commands.
            times_s: when each is given; none falls.
            at_s: when the position is wanted; none falls. A command given at that very moment is not felt yet.
            start_dac: rest position before the first.
            pointing_up: 1 when the lens points straight up, -1 straight down.
            warmer_k: kelvin above the calibration's temperature.

        Raises:
            ContractError: as many times as commands are not there, or times that fall or are not finite.
        """
        if len(commands_dac) != len(times_s):
            raise ContractError(f"every command has a time; found {len(commands_dac)} and {len(times_s)}")
        for name, times in (("commands", times_s), ("positions", at_s)):
            if not (np.isfinite(times).all() and (np.diff(times) >= 0).all()):
                raise ContractError(f"the times of the {name} are finite and never fall")
        first = min([float(t[0]) for t in (times_s, at_s) if len(t)], default=0.0)
        state = ActuatorState(self, start_dac, time_s=first, pointing_up=pointing_up, warmer_k=warmer_k)
        positions = np.empty(len(at_s))
        given = 0
        for place, now in enumerate(at_s):
            while given < len(times_s) and times_s[given] < now:
                state.step(max(float(times_s[given]) - state.time_s, 0.0))
                state.command(float(commands_dac[given]))
                given += 1
            positions[place] = state.step(max(float(now) - state.time_s, 0.0))
        return positions


class ActuatorState:
    """An actuator in motion: give commands, let time pass, read the position.

    Every stretch of time in which the drive runs straight is solved in closed form, so the result does not depend on
    how the time is cut into steps.

    Args:
        actuator: the actuator.
        position_dac: where it rests, in the middle of its hysteresis.
        time_s: the time now.
        pointing_up: 1 when the lens points straight up, -1 straight down; may be changed under way.
        warmer_k: kelvin above the calibration's temperature; may be changed under way.

    >>> state = ActuatorState(Actuator(natural_frequency_hz=60.0, damping=0.5), 100.0)
    >>> round(state.step(1.0, command_dac=200.0), 6)
    200.0
    """

    def __init__(
        self,
        actuator: Actuator,
        position_dac: float,
        *,
        time_s: float = 0.0,
        pointing_up: float = 0.0,
        warmer_k: float = 0.0,
    ) -> None:
        self.actuator = actuator
        self.pointing_up = pointing_up
        self.warmer_k = warmer_k
        self._time_s = time_s
        self._target = self._drive = self._rest = actuator.accepted_dac(position_dac)
        self._position = self._rest + self._shift
        self._velocity = 0.0
        self._waiting: deque[tuple[float, float]] = deque()

    @property
    def time_s(self) -> float:
        """The time now."""
        return self._time_s

    @property
    def position_dac(self) -> float:
        """Where the lens is."""
        return self._position

    @property
    def velocity_dac_per_s(self) -> float:
        """How fast it moves."""
        return self._velocity

    @property
    def rest_dac(self) -> float:
        """Where it would come to rest if the drive stayed as it is now."""
        return self._rest + self._shift

    @property
    def _shift(self) -> float:
        return self.actuator.rest_shift_dac(pointing_up=self.pointing_up, warmer_k=self.warmer_k)

    def command(self, command_dac: float) -> float:
        """Sends a command now, to be felt after the delay; returns what the converter makes of it."""
        accepted = self.actuator.accepted_dac(command_dac)
        self._waiting.append((self._time_s + self.actuator.delay_s, accepted))
        return accepted

    def step(self, dt_s: float, command_dac: float | None = None) -> float:
        """Sends a command, if any, lets `dt_s` pass and returns the position.

        Raises:
            ContractError: time that does not run forward, or a command that is no number.
        """
        if not 0 <= dt_s < math.inf:
            raise ContractError(f"time runs forward; found a step of {dt_s} s")
        if command_dac is not None:
            self.command(command_dac)
        end_s = self._time_s + dt_s
        while self._waiting and self._waiting[0][0] <= end_s:
            arrival_s, target = self._waiting.popleft()
            self._run(arrival_s - self._time_s)
            self._target = target
        self._run(end_s - self._time_s)
        self._time_s = end_s
        return self._position

    def _run(self, span_s: float) -> None:
        """Lets time pass without a new target."""
        self._time_s += span_s
        slew, play = self.actuator.slew_dac_per_s, self.actuator.hysteresis_dac / 2
        if slew == 0:
            self._drive = self._target
            self._rest = min(max(self._rest, self._drive - play), self._drive + play)
        while span_s > 0:
            gap = self._target - self._drive
            if gap == 0:
                self._swing(span_s, 0.0)
                return
            # First the slack is pulled through, then the lens is pulled along until the drive has arrived.
            slack = max(play - math.copysign(1, gap) * (self._drive - self._rest), 0.0)
            slack = 0.0 if slack < 1e-12 * (1 + play) else slack
            way = min(abs(gap), slack) if slack > 0 else abs(gap)
            part_s = min(way / slew, span_s)
            rate = math.copysign(slew, gap)
            self._swing(part_s, 0.0 if slack > 0 else rate)
            arrived = way / slew <= span_s
            if slack == 0:
                self._rest += rate * part_s
            self._drive = self._target if arrived and way == abs(gap) else self._drive + rate * part_s
            if arrived and slack > 0 and way == slack:
                self._rest = self._drive - math.copysign(play, gap)
            span_s -= part_s

    def _swing(self, span_s: float, rate: float) -> None:
        """The spring's exact motion while the rest position moves at a constant rate."""
        omega = 2 * math.pi * self.actuator.natural_frequency_hz
        alpha = self.actuator.damping * omega
        lag = 2 * self.actuator.damping * rate / omega
        start = self._rest + self._shift
        y, v = self._position - (start - lag), self._velocity - rate
        root = cmath.sqrt(alpha * alpha - omega * omega)
        grow, fall = cmath.exp((root - alpha) * span_s), cmath.exp((-root - alpha) * span_s)
        even = ((grow + fall) / 2).real
        if abs(root) * span_s < 1e-4:
            odd = math.exp(-alpha * span_s) * span_s * (1 + (root * root).real * span_s**2 / 6)
        else:
            odd = ((grow - fall) / (2 * root)).real
        self._position = start + rate * span_s - lag + (even + alpha * odd) * y + odd * v
        self._velocity = rate - omega * omega * odd * y + (even - alpha * odd) * v
