# `make help` lists what there is. Every target makes what it needs in .venv; nothing outside it is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SDKS := 1.28.2 1.36.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONWARNINGS :=

.PHONY: help setup check test demo bench rates wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with everything installed

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; run make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all,demo]' --group test --group check --group bench
	@touch $@

check: $(READY) ## Lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/otel-costing rates check

.sdks/%: | $(READY)
	$(BIN)/python -m pip install --quiet --no-warn-conflicts --target $@ 'opentelemetry-sdk==$*' setuptools

test: $(READY) $(addprefix .sdks/,$(SDKS)) ## Run every test, with the coverage gate
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=90

demo: $(READY) ## Three teams' agents, one workflow, its cost from every side; under two minutes
	$(BIN)/otel-costing demo

bench: $(READY) ## Ratios of cost and speed, measured in one run
	$(BIN)/python -m tests.benchmarks

rates: $(READY) ## Compile the rate tables into rates/book.json
	$(BIN)/python -m otel_costing.rate_book.compile

wheel: $(READY) ## Build the wheel and price a call from it in an empty environment
	rm -rf build dist && $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m venv --clear build/bare && build/bare/bin/python -m pip install --quiet dist/*.whl
	cd build && bare/bin/python ../tests/bare_install.py

clean: ## Remove what the other targets made
	rm -rf $(VENV) .sdks build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
