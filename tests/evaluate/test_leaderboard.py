from datetime import UTC, datetime
from pathlib import Path

import pytest

from catchlight.core import InputError
from catchlight.evaluate import Evaluation, Row
from catchlight.evaluate.leaderboard import leaderboard_section, write_leaderboard

ROW = Row(method="engine", case="kodak24", metric="CPSNR", value=41.5, ci95=0.5, unit="dB", higher_is_better=True)
CONFIG = {"tables": ["CPSNR", "none of this"], "how": ["SYNTHETIC."], "notes": ["no extra"], "quick": True}
ONE = Evaluation(benchmark="raw_engine", commit="0123456789abcdef", config=CONFIG, rows=(ROW,))


def test_a_section_tells_when_what_and_how_well() -> None:
    section = leaderboard_section(ONE, measured=datetime(2026, 11, 22, tzinfo=UTC))
    assert "2026-11-22, commit 0123456789abcdef" in section
    assert "A quick part" in section
    assert "| kodak24 | 41.50 ± 0.50 |" in section
    assert section.index("SYNTHETIC") < section.index("kodak24") < section.index("- no extra")
    assert "none of this" not in section


def test_only_the_section_changes(tmp_path: Path) -> None:
    place = tmp_path / "L.md"
    head, tail = "# Board\r\n\r\nold ±\n", "\n## Other\n| a |  \n"
    place.write_bytes(f"{head}<!-- raw_engine begin -->\nstale\n<!-- raw_engine end -->{tail}".encode())
    write_leaderboard(place, benchmark="raw_engine", section="new ±\n")
    text = place.read_bytes().decode()
    assert text == f"{head}<!-- raw_engine begin -->\nnew ±\n<!-- raw_engine end -->{tail}"
    write_leaderboard(place, benchmark="develop", section="more")
    assert place.read_bytes().decode().startswith(text)
    assert place.read_text().endswith("<!-- develop begin -->\nmore\n<!-- develop end -->\n")
    assert [p.name for p in tmp_path.iterdir()] == ["L.md"]


@pytest.mark.parametrize(
    "torn",
    [
        "<!-- raw_engine begin -->",
        "<!-- raw_engine end -->\n<!-- raw_engine begin -->",
        "<!-- raw_engine begin --><!-- raw_engine end -->" * 2,
    ],
)
def test_torn_markers_are_left_alone(torn: str, tmp_path: Path) -> None:
    place = tmp_path / "L.md"
    place.write_text(torn)
    with pytest.raises(InputError, match="repair the markers"):
        write_leaderboard(place, benchmark="raw_engine", section="new")
    assert place.read_text() == torn
    with pytest.raises(InputError, match="cannot be read"):
        write_leaderboard(tmp_path / "nothing.md", benchmark="raw_engine", section="new")
