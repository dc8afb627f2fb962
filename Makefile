# make demo    a month of charging from Kafka to a closed settlement period
# make test    the tests, against a real PostgreSQL and a real Kafka broker
# make check   formatting, lint, layers and types

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
# Made when the environment is complete, and older than the lock when it has to be made again.
ENVIRONMENT := .venv/complete

.PHONY: help demo test check lint bench clean tools hledger

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) tools ## Run the whole path on a month of charging [SESSIONS=table.csv]
	@$(BIN)/clearwatt demo $(if $(SESSIONS),--sessions '$(SESSIONS)')

test: $(ENVIRONMENT) tools hledger ## Run the tests
	@$(BIN)/pytest -rs --numprocesses 2 --dist loadfile

check: lint ## Check formatting, lint, layers and types
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lint: $(ENVIRONMENT) ## Check lint and the layers of the imports
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

bench: $(ENVIRONMENT) tools ## Measure the throughput of every stage, printed as JSON
	@$(BIN)/clearwatt bench

clean: ## Stop the embedded services; remove their data and the environment
	@if [ -x $(BIN)/clearwatt ]; then $(BIN)/clearwatt down; fi
	@rm -rf .venv .clearwatt build *.egg-info .hypothesis .import_linter_cache .mypy_cache \
	    .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(ENVIRONMENT): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "PYTHON_NOT_FOUND: $(PYTHON) was not found; install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "PYTHON_TOO_OLD: $$($(PYTHON) --version) is older than 3.11;" \
	    "name a newer one: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "VENV_NOT_FOUND: this Python cannot make environments;" \
	    "install its venv package (on Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Making the environment .venv …"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The embedded broker needs Java to run and Maven to be fetched; with a broker of one's own, neither.
tools:
	@if [ -n "$${CLEARWATT_KAFKA_BOOTSTRAP_SERVERS:-}" ]; then exit 0; fi; \
	if command -v java >/dev/null && command -v mvn >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Java and Maven from the system's packages …"; \
	  apt-get update -qq; \
	  apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless maven >/dev/null; \
	else \
	  echo "JAVA_OR_MAVEN_NOT_FOUND: install Java 17 or newer and Maven, or start the servers of"; \
	  echo "docker-compose.yml with Docker Compose: docker compose up --build"; \
	  exit 1; \
	fi

# Exports are proven with hledger itself; where it may not be installed, those tests say so and rest.
hledger:
	@if command -v hledger >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing hledger from the system's packages …"; \
	  if apt-get update -qq && \
	     apt-get install -y -qq --no-install-recommends hledger >/dev/null; then exit 0; fi; \
	fi; \
	echo "HLEDGER_NOT_FOUND: the tests that run hledger are skipped; install it to run them."
