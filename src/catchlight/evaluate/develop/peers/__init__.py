"""Other developers of RAW bursts, run on the same files and judged in the same way."""

from catchlight.evaluate.develop.peers.benchmark import TARGETS, evaluate_peers
from catchlight.evaluate.develop.peers.peer_table import ahead_lines, peer_table
from catchlight.evaluate.develop.peers.run import run_peers

__all__ = ["TARGETS", "ahead_lines", "evaluate_peers", "peer_table", "run_peers"]
