import re
from pathlib import Path

import catchlight
from catchlight.evaluate import code_revision, source_hash
from catchlight.evaluate.code_revision import _PACKAGE


def test_the_revision_is_a_commit_or_a_version() -> None:
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?|version .+", code_revision())


def test_the_hash_covers_what_decides_figures() -> None:
    assert Path(catchlight.__file__).parent == _PACKAGE
    assert re.fullmatch(r"[0-9a-f]{16}", source_hash())
