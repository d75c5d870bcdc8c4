# Each target is enough on a fresh clone with python3 (3.10 or newer), its venv module and make.
# Another interpreter: make test PYTHON=python3.12 VENV=.venv312
# More arguments for pytest: make test ARGS="-k retry"

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: help demo test lint tox bench clean

help:
	@echo "make demo    run the examples"
	@echo "make test    run the whole suite, docstring examples included"
	@echo "make lint    ruff, mypy and the layer contracts"
	@echo "make tox     run a part of the suite on the other interpreters and versions"
	@echo "make bench   run the benchmarks against peers"
	@echo "make clean   remove everything that these make"

demo: $(VENV)/.installed-examples
	$(PYTEST) examples -v --no-header -o console_output_style=times $(ARGS)

# The limit is for a suite that hangs. By thread, not by signal: SIGALRM belongs to the handlers under test.
test: $(VENV)/.installed-tests,dev
	$(PYTEST) -q -n 2 --timeout=300 --timeout-method=thread --doctest-modules pytest_lambda_env tests $(ARGS)

lint: $(VENV)/.installed-tests,dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

tox: $(VENV)/.installed-tests,dev
	$(BIN)/tox run -m ci $(ARGS)

bench: $(VENV)/.installed-benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .tox build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# One file for each set of extras that is installed and up to date with pyproject.toml.
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	@echo "installing .[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
