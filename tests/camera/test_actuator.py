import math

import numpy as np
import pytest

from catchlight.camera.actuator import Actuator, ActuatorState
from catchlight.core.errors import ContractError


def spring(**changes):
    return Actuator(**({"natural_frequency_hz": 60.0, "damping": 0.3, "dac_step": 0.0} | changes))


def step_response(actuator, at_s, *, start=100.0, end=500.0):
    return actuator.simulate(np.array([end]), np.array([0.0]), at_s=at_s, start_dac=start)


@pytest.mark.parametrize("damping", [0.1, 0.3, 0.7])
def test_overshoot_and_its_moment_are_the_textbooks(damping):
    peak_s = 1 / (2 * 60 * math.sqrt(1 - damping**2))
    response = step_response(spring(damping=damping), np.linspace(0, 4 * peak_s, 801))
    # Ogata, "Modern control engineering", 5th ed., equations 5-20 and 5-21.
    assert response.argmax() == 200
    assert (response.max() - 500) / 400 == pytest.approx(
        math.exp(-math.pi * damping / math.sqrt(1 - damping**2)), rel=1e-9
    )


@pytest.mark.parametrize("damping", [1.0, 1.0 + 1e-9, 2.0, 40.0])
def test_damped_enough_it_never_overshoots_and_arrives(damping):
    response = step_response(spring(damping=damping), np.linspace(0, 10, 5001))
    assert response.max() <= 500 + 1e-6
    assert (np.diff(response) >= -1e-9).all()
    assert response[-1] == pytest.approx(500, abs=1e-3)


def test_critical_damping_is_its_closed_form():
    at = np.linspace(0, 0.03, 31)
    omega_t = 2 * math.pi * 60 * at
    np.testing.assert_allclose(
        step_response(spring(damping=1.0), at), 500 - 400 * (1 + omega_t) * np.exp(-omega_t), atol=1e-8
    )


def test_it_settles_within_the_envelope():
    at = np.linspace(0, 0.2, 2001)
    response = step_response(spring(damping=0.3), at)
    envelope = 400 * np.exp(-0.3 * 2 * math.pi * 60 * at) / math.sqrt(1 - 0.3**2)
    assert (np.abs(response - 500) <= envelope + 1e-9).all()


FULL = {"delay_s": 0.004, "slew_dac_per_s": 20_000.0, "hysteresis_dac": 12.0, "gravity_dac": 5.0, "dac_step": 1.0}
COMMANDS, TIMES = np.array([500.0, 300.0, 305.0, 700.2]), np.array([0.0, 0.03, 0.031, 0.05])


def test_result_does_not_depend_on_how_time_is_cut():
    coarse = spring(**FULL).simulate(COMMANDS, TIMES, at_s=np.linspace(0, 0.2, 7), start_dac=445.0)
    fine = spring(**FULL).simulate(COMMANDS, TIMES, at_s=np.linspace(0, 0.2, 6001), start_dac=445.0)
    np.testing.assert_allclose(coarse, fine[::1000], atol=1e-9)


def test_everything_together_against_a_slow_obvious_integration():
    dt, omega = 4e-6, 2 * math.pi * 60
    x = drive = rest = target = 445.0
    v = 0.0
    slow = []
    arrivals = {round((t + 0.004) / dt): round(c) for c, t in zip(COMMANDS, TIMES, strict=True)}
    for i in range(50_001):
        target = arrivals.get(i, target)
        if i % 10_000 == 0:
            slow.append(x)
        drive += max(-20_000 * dt, min(20_000 * dt, target - drive))
        rest = min(max(rest, drive - 6), drive + 6)
        v += dt * (omega**2 * (rest - x) - 2 * 0.3 * omega * v)
        x += dt * v
    exact = spring(**FULL).simulate(COMMANDS, TIMES, at_s=np.arange(6) * 0.04, start_dac=445.0)
    np.testing.assert_allclose(exact, slow, atol=0.15)


def test_nothing_happens_before_the_delay_is_over():
    at = np.array([0.0, 0.0199, 0.02, 0.0205, 0.025])
    late = step_response(spring(delay_s=0.02), at)
    np.testing.assert_array_equal(late[:3], 100.0)
    np.testing.assert_allclose(late[3:], step_response(spring(), at[3:] - 0.02), atol=1e-9)


def test_commands_underway_are_all_carried_out_in_turn():
    state = ActuatorState(spring(delay_s=0.01, damping=1.0, natural_frequency_hz=500.0), 100.0)
    for target in (200.0, 300.0, 400.0):
        state.step(0.004, command_dac=target)
    positions = [state.step(0.0035) for _ in range(4)]
    assert positions[0] == pytest.approx(300, abs=70)
    assert positions[-1] == pytest.approx(400, abs=1)


def test_slew_limits_the_drive_and_the_lens_follows_with_the_springs_lag():
    response = step_response(spring(slew_dac_per_s=2000.0, damping=0.7), np.array([0.05, 0.1, 0.15, 0.4]))
    # On a ramp a spring lags by 2ζ/ω times the rate.
    lag = 2 * 0.7 / (2 * math.pi * 60) * 2000
    np.testing.assert_allclose(response[:3], 100 + 2000 * np.array([0.05, 0.1, 0.15]) - lag, atol=1e-3)
    assert response[3] == pytest.approx(500)


@pytest.mark.parametrize("slew", [0.0, 5000.0])
def test_hysteresis_loop_is_as_wide_as_told(slew):
    actuator = spring(hysteresis_dac=10.0, slew_dac_per_s=slew)
    up = np.arange(200.0, 401.0, 20.0)
    commands = np.concatenate([up, up[::-1]])
    times = np.arange(len(commands)) * 1.0
    rest = actuator.simulate(commands, times, at_s=times + 0.99, start_dac=150.0)
    rising, falling = rest[: len(up)], rest[len(up) :][::-1]
    np.testing.assert_allclose(rising, up - 5, atol=1e-6)
    np.testing.assert_allclose((falling - rising)[:-1], 10, atol=1e-6)
    # Turning round at the top moves nothing until the slack is pulled through.
    assert falling[-1] == pytest.approx(rising[-1])


def test_small_moves_within_the_slack_are_lost():
    state = ActuatorState(spring(hysteresis_dac=10.0), 300.0)
    assert state.step(1.0, command_dac=304.0) == 300.0
    assert state.step(1.0, command_dac=306.0) == pytest.approx(301.0)
    assert state.step(1.0, command_dac=297.0) == pytest.approx(301.0)


def test_commands_are_rounded_to_steps_and_kept_in_range():
    actuator = Actuator(natural_frequency_hz=60.0, damping=1.0, dac_min=100.0, dac_max=900.0, dac_step=4.0)
    assert actuator.accepted_dac(105.9) == 104.0
    assert actuator.accepted_dac(-5.0) == 100.0
    assert actuator.accepted_dac(2000.0) == 900.0
    assert ActuatorState(actuator, 500.0).step(5.0, command_dac=301.0) == pytest.approx(300.0)
    with pytest.raises(ContractError, match="command"):
        actuator.accepted_dac(math.nan)


def test_gravity_and_warmth_shift_where_it_rests():
    actuator = spring(gravity_dac=8.0, temperature_dac_per_k=-0.5)
    state = ActuatorState(actuator, 300.0, pointing_up=1.0, warmer_k=4.0)
    assert state.position_dac == pytest.approx(306.0)
    state.pointing_up = -1.0
    assert state.rest_dac == pytest.approx(290.0)
    assert state.step(2.0) == pytest.approx(290.0)
    assert state.velocity_dac_per_s == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    "bad",
    [
        {"natural_frequency_hz": 0.0},
        {"damping": -0.1},
        {"delay_s": -1.0},
        {"slew_dac_per_s": math.inf},
        {"hysteresis_dac": math.nan},
        {"dac_min": 5.0, "dac_max": 5.0},
    ],
)
def test_impossible_actuators_are_refused(bad):
    with pytest.raises(ContractError):
        spring(**bad)


def test_time_does_not_run_backwards():
    with pytest.raises(ContractError, match="forward"):
        ActuatorState(spring(), 100.0).step(-0.1)
    with pytest.raises(ContractError, match="never fall"):
        spring().simulate(np.array([1.0, 2.0]), np.array([1.0, 0.0]), at_s=np.array([2.0]), start_dac=0.0)
    with pytest.raises(ContractError, match="has a time"):
        spring().simulate(np.array([1.0, 2.0]), np.array([1.0]), at_s=np.array([2.0]), start_dac=0.0)
