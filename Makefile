# `make help` lists what there is. Every target makes what it needs in .venv; nothing outside it is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SDKS := 1.28.2 1.36.0
GO ?= go
COMPILED := build/compiled
# The wheel's modules stand before those of the checkout, in every process that is started.
AS_COMPILED := EXPECT_COMPILED=1 PYTHONSAFEPATH=1 PYTHONPATH=$(CURDIR)/$(COMPILED)/site:$(CURDIR)
TESTS_OF_COMPILED := tests/test_compiled.py tests/conformance tests/clickhouse/test_native.py tests/clickhouse/test_ready.py tests/collector/test_sealing.py \
	$(foreach name,annotation attribution batch carriers counts dialects doors figures hostile_spans identity ledger money otlp \
	otlp_attributes pricing processor reported usage usage_aggregates usage_events,tests/test_$(name).py)
OTELCOL_BUILDER := go.opentelemetry.io/collector/cmd/builder@v0.155.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONWARNINGS :=

.PHONY: help setup check test test-compiled test-live test-faults test-peers test-server otelcol demo bench bench-short rates cluster-ddl first-steps conformance dashboards wheel compiled clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with everything installed

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; run make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making $(VENV), once: a minute or two, more where the network is slow."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all,demo]' --group test --group check --group bench --group live
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
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90

test-compiled: $(COMPILED)/.ready $(addprefix .sdks/,$(SDKS)) ## Run the tests of what is compiled on the compiled wheel; TESTS_OF_COMPILED=tests for all
	$(AS_COMPILED) $(BIN)/python -m pytest -o pythonpath= --import-mode=append -n 2 --dist loadfile $(TESTS_OF_COMPILED)

test-faults: $(READY) ## Kill the collector fifty times, fill its disks, lose its store's answers
	OTEL_COSTING_KILLS=50 $(BIN)/python -m pytest tests/faults

test-live: $(READY) ## Run today's emitters against stand-ins of the providers, and follow docs/first-steps, each in its own environment
	$(BIN)/python -m pytest tests/live

test-server: $(READY) ## Run the store's tests on the ClickHouse server at CLICKHOUSE_URL
	@test -n "$$CLICKHOUSE_URL" || { echo "Say where it is: make test-server CLICKHOUSE_URL=http://user:password@host:8123"; exit 1; }
	$(BIN)/python -m pytest tests/clickhouse

otelcol: .otelcol/otelcol ## Build the stock OpenTelemetry Collector from its Go modules, for the tests; needs Go

.otelcol/otelcol: tests/peers/otelcol.yaml
	$(GO) run $(OTELCOL_BUILDER) --config $<
	@touch $@

.peers/.ready: tests/peers/js/package.json
	mkdir -p $(@D) && cp $< $(@D)
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error
	@touch $@

.peers/grafana/.ready: tests/peers/grafana/js/package.json $(wildcard tests/peers/grafana/frames/*)
	mkdir -p $(@D) && cp $< $(@D)
	npm install --prefix $(@D) --legacy-peer-deps --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error
	$(GO) build -C tests/peers/grafana/frames -o $(abspath $(@D))/frames .
	@touch $@

test-peers: $(READY) otelcol .peers/.ready .peers/grafana/.ready ## Run the tests with the stock Collector, the JavaScript exporters and parts of Grafana; needs Go, Node and Chromium
	$(BIN)/python -m pytest tests/peers

demo: $(READY) ## Three teams' agents, one workflow, its cost from every side; under two minutes
	$(BIN)/otel-costing demo

bench: $(COMPILED)/.ready ## Measure everything and write docs/benchmarks; on an idle machine, a quarter of an hour
	$(AS_COMPILED) $(BIN)/python -m tests.benchmarks --write

bench-short: $(COMPILED)/.ready ## Measure a little of everything, in under a minute
	$(AS_COMPILED) $(BIN)/python -m tests.benchmarks --short

rates: $(READY) ## Compile the rate tables into rates/book.json
	$(BIN)/python -m otel_costing.rate_book.compile

cluster-ddl: $(READY) ## Write collector/deploy/clickhouse/cluster from the schema
	$(BIN)/python -m otel_costing.clickhouse.cluster_ddl collector/deploy/clickhouse/cluster

first-steps: $(READY) .peers/.ready ## Write into docs/first-steps what its commands print; needs Node
	$(BIN)/python -m tests.first_steps

conformance: $(READY) ## Write docs/conformance.md: which emitters come out exact
	$(BIN)/python -m tests.conformance

dashboards: $(READY) ## Write dashboards/json and the alert rules
	$(BIN)/python -m dashboards.generate

wheel: $(READY) ## Build the wheel and price a call from it in an empty environment
	rm -rf build dist && $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m venv --clear build/bare && build/bare/bin/python -m pip install --quiet dist/*.whl
	cd build && bare/bin/python ../tests/bare_install.py

compiled: $(COMPILED)/.ready ## Build the compiled wheel, in a minute or two; needs a C compiler

$(COMPILED)/.ready: $(READY) hatch_build.py pyproject.toml $(shell find otel_costing collector rates -type f -not -name '*.pyc')
	rm -rf $(COMPILED)
	HATCH_BUILD_HOOKS_ENABLE=1 $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir $(COMPILED)/wheel .
	$(BIN)/python -m pip install --quiet --no-deps --target $(COMPILED)/site $(COMPILED)/wheel/*.whl
	@touch $@

clean: ## Remove what the other targets made
	rm -rf $(VENV) .sdks .live .otelcol .peers build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
