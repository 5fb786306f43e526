"""Fixtures of the core's tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from jaxtyping import config

# Quick, and never failing because the machine is busy.
settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")


@pytest.fixture
def as_users_meet_it() -> Iterator[None]:
    """Without the checks of annotations, which run in tests only: the types must answer for themselves."""
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", before)
