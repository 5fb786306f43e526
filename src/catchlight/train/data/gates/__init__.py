"""Gates that judge a set of photos before a network is trained on it; each gives its findings as data."""

from catchlight.train.data.gates.finding import GateFinding, Severity
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.gates.run_gates import GATES, GateReport, GateStopError, judge, run_gates

__all__ = ["GATES", "GateFinding", "GatePolicy", "GateReport", "GateStopError", "Severity", "judge", "run_gates"]
