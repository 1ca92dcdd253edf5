# Sightline: `make` lists what can be done here. Everything installs into .venv from hash-locked wheels.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all:
WORKERS ?= 2
EMULATE := 0.11.2
.DEFAULT_GOAL := help

.PHONY: help setup demo run test check e2e contract emulate bench lock
help:  ## List the targets
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## /  make \1\t/' | expand -t 16

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,14))' || { echo "Sightline needs Python 3.11 to 3.14; this is $$($(PYTHON) -V 2>&1). Set PYTHON=/path/to/python3.12, for example."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This python3 cannot make a virtual environment. Install the package python3-venv and run make again."; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what Sightline runs on (once) ..."
	@$(PIP) -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: requirements-test.lock .venv/.run
	@echo "Installing what the tests need (once) ..."
	@$(PIP) -r requirements-test.lock
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.test
	@$(PIP) -r requirements-dev.lock
	@touch $@

setup: .venv/.run  ## Make .venv with what Sightline runs on

demo: .venv/.run  ## A simulated quarter, sent as signed deliveries to a running service
	@$(BIN)/sightline demo $(ARGS)

run: .venv/.run  ## Run the service with app.yaml
	@$(BIN)/sightline serve $(ARGS)

test: .venv/.test  ## The whole test suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: .venv/.dev  ## Lint, types, architecture and docs tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

e2e: .venv/.test  ## Browser tests; need chromium
	@$(BIN)/python -m pytest -m e2e $(ARGS)

emulate: .contract/.emulate-$(EMULATE)
.contract/.emulate-$(EMULATE):
	@command -v npm >/dev/null || { echo "make contract needs npm, and Node 20 or newer."; exit 1; }
	@echo "Fetching emulate $(EMULATE), a GitHub that is not ours (once) ..."
	@mkdir -p .contract && npm install --prefix .contract --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --fetch-retries 1 --loglevel error emulate@$(EMULATE) >/dev/null
	@touch $@

contract: .venv/.test emulate  ## Against a GitHub that is not ours; needs npm
	@SIGHTLINE_CONTRACT=1 $(BIN)/python -m pytest -m contract $(ARGS)

bench: .venv/.test  ## Benchmarks, printed as figures and ratios
	@$(BIN)/python -m bench $(ARGS)

lock: .venv/bin/python  ## Renew the lock files (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH (pip install uv)."; exit 1; }
	@set -e; lock() { out=$$1; shift; uv pip compile pyproject.toml "$$@" --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q --upgrade -o $$out; }; \
	lock requirements.lock --group build; \
	lock requirements-test.lock --group build --group test -c requirements.lock; \
	lock requirements-dev.lock --group build --group test --group dev -c requirements.lock
	@if grep -nE 'https?://' requirements*.lock; then echo "a lock file holds an address; remove it"; exit 1; fi
