"""Every method of the table, in its order."""

from __future__ import annotations

from catchlight.evaluate.develop.peers.catchlight_itself import CATCHLIGHT, CATCHLIGHT_SINGLE
from catchlight.evaluate.develop.peers.darktable import DARKTABLE
from catchlight.evaluate.develop.peers.libraw_stacks import DCRAW, DCRAW_MEAN, HUGIN_ENFUSE, HUGIN_MEAN
from catchlight.evaluate.develop.peers.rawtherapee import RAWTHERAPEE
from catchlight.evaluate.develop.peers.siril import SIRIL

OURS = (CATCHLIGHT, CATCHLIGHT_SINGLE)
PEERS = (SIRIL, HUGIN_MEAN, HUGIN_ENFUSE, DARKTABLE, RAWTHERAPEE, DCRAW, DCRAW_MEAN)
EVERYONE = (*OURS, *PEERS)
