# Everything a fresh machine needs is Python >= 3.11 (with venv and pip) and make; each target installs the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
ARGS ?=
# More than cores, since tests of whole processes spend much of their time waiting for them.
WORKERS ?= 4

.PHONY: help up test lint bench fuzz chaos ci-tools image lock clean ops.jetstream.init

help: ## List every target
	@awk -F':.*## ' '/^[a-zA-Z._-]+:.*## / {printf "  \033[1m%-20s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo; echo "  Options for a command go in ARGS, as in: make up ARGS='--for 30'"

up: $(VENV)/.up ## Run it: embedded NATS, and the built-in localnet unless SOLANA_RPC_URL is set
	$(BIN)/indexer up $(ARGS)

# Some machines are set to keep no bytecode; then every worker would compile every test, and every child all it imports.
test: lint ## Lint, types and every test
	env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/$(VENV)/bytecode $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev ## Measure decode, catch-up, latency and memory; prints a table and writes bench.json
	$(BIN)/python -m tests.bench $(ARGS)

chaos: $(VENV)/.dev ## The long exactly-once campaign: kills, faults, two daemons (seeded: ARGS='--seed 7')
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(VENV)/.dev ## Break a million transactions and decode each (seeded: ARGS='--seed 7 --count 50000')
	$(BIN)/python -m tests.fuzz $(ARGS)

image: ## Build the container image: with docker, where no engine runs with buildah
	@if docker info >/dev/null 2>&1; then docker compose build indexer; else deploy/image/build-without-docker.sh; fi

ci-tools: ## Install programs some tests use and no Python package brings (Debian, root): prometheus, buildah, debootstrap, the nats CLI
	@.ci/tools

ops.jetstream.init: $(VENV)/.up ## Create the streams and consumers of deploy/jetstream on NATS_URL
	$(BIN)/indexer jetstream init $(ARGS)

lock: $(VENV)/.dev ## Pin the newest versions with hashes
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade requirements-bootstrap.in -o requirements-bootstrap.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra embedded --extra clickhouse --extra chart pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --constraint requirements.lock --extra clickhouse-client pyproject.toml -o requirements-image.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra embedded --extra clickhouse --extra chart --group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove the environment and caches (kept data in .indexer stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build

$(BIN)/uv: requirements-bootstrap.lock
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@touch $@

$(VENV)/.up: $(BIN)/uv requirements.lock pyproject.toml
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.up requirements-dev.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements-dev.lock
	@touch $@
