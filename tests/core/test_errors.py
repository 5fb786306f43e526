import pytest

from catchlight import core
from catchlight.core import CatchlightError, ContractError, InputError, OutputError, UnsupportedError, UsageError


@pytest.mark.parametrize("kind", [InputError, OutputError, UnsupportedError, UsageError, ContractError])
def test_every_error_has_one_base_and_an_exit_code(kind: type[CatchlightError]) -> None:
    assert issubclass(kind, CatchlightError)
    assert kind.exit_code == (2 if kind is UsageError else 1)
    assert str(kind("expected that, found this")) == "expected that, found this"


def test_broken_contracts_are_value_errors_and_unsupported_inputs_are_inputs() -> None:
    assert issubclass(ContractError, ValueError)
    assert issubclass(UnsupportedError, InputError)


def test_what_core_names_is_there() -> None:
    assert len(set(core.__all__)) == len(core.__all__)
    assert all(hasattr(core, name) for name in core.__all__)
