# `make demo`: the main job on the sample that ships. `make test`: everything that must hold.
# Needs Python ≥ 3.11, git and make; the rest goes into .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test lint benchmark peers clean

demo: $(VENV)/.run-installed
	$(BIN)/catchlight demo

test: $(VENV)/.test-installed lint
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

benchmark: $(VENV)/.bench-installed
	$(BIN)/python benchmarks/develop_12mp.py

# The programs that `catchlight evaluate develop --peers` runs; Debian and Ubuntu, needs root.
PEERS := siril rawtherapee darktable libraw-bin hugin-tools enfuse
peers:
	@test "$$(id -u)" = 0 || { echo "make peers installs Debian packages and needs root: sudo make peers"; exit 1; }
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $(PEERS)
	@dpkg-query --show --showformat='$${Package} $${Version}\n' $(PEERS)

$(VENV)/.run-installed: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Catchlight needs Python 3.11 or newer')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/.bench-installed: $(VENV)/.run-installed
	$(BIN)/python -m pip install --quiet --editable ".[bench]"
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist out catchlight-demo
