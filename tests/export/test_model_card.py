from dataclasses import replace

from catchlight.export.file_cost import FileCost
from catchlight.export.model_card import BEGIN, END, model_card

from .test_weights_toml import ENTRY

_COSTS = [
    FileCost(name="a", bytes=10, score=40.0, wall_ms=9.0, cpu_ms=20.0, memory_mb=100.4),
    FileCost(name="b", bytes=5, score=39.95, wall_ms=4.0, cpu_ms=10.0, memory_mb=None),
]


def test_a_new_card_has_the_figures_and_gaps_to_fill():
    card = model_card([ENTRY], _COSTS)
    assert card.startswith("# f\n") and card.count("(to be written)") == 3
    assert "| a | fp32 | 3 | 10 | Apache-2.0 |" in card
    assert "| b | 39.950 | -0.050 | 0.50 | – |" in card


def test_what_a_person_wrote_stays():
    first = model_card([ENTRY], _COSTS).replace("(to be written)", "Night.") + "\nThanks.\n"
    again = model_card([replace(ENTRY, bytes=77)], _COSTS, old=first)
    assert "| 77 |" in again and again.count("Night.") == 3 and again.endswith("\nThanks.\n")
    assert again.count(BEGIN) == again.count(END) == 1
    assert model_card([replace(ENTRY, bytes=77)], _COSTS, old=again) == again


def test_a_card_without_markers_gets_the_table_at_its_end():
    card = model_card([ENTRY], [], old="# Mine\n")
    assert card.startswith("# Mine\n") and card.rstrip().endswith(END)
