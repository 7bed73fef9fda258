# Each target makes the environment that it needs; a second run finds it made.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Which Python to make the environment with: make test PYTHON=python3.12
PYTHON ?= python3
# More arguments for `tb-rnnview demo` and for pytest: make demo DEMO="--port 6006". Tests run in
# several processes (tests/workers.py); in one of them with PYTEST="-n 0".
DEMO ?=
PYTEST ?=

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.installed ## Run four networks and see them in TensorBoard; Ctrl-C ends it
	@# 130: it was ended with Ctrl-C, as it says itself.
	@$(BIN)/tb-rnnview demo $(DEMO) || [ $$? = 130 ]

.PHONY: test
test: $(VENV)/.installed node_modules/.installed browser ## Run every test, those in a real browser too
	NODE_OPTIONS=--test-reporter=spec npm test --silent
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup $(PYTEST)

.PHONY: lint
lint: $(VENV)/.installed node_modules/.installed ## Check style and types; change nothing
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary
	npm run --silent lint
	scripts/generate_proto.sh --check

.PHONY: format
format: $(VENV)/.installed ## Put the Python files into the project's style
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

.PHONY: clean
clean: ## Remove everything that make has made
	rm -rf $(VENV) .venv-proto node_modules build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: browser
browser:
	@scripts/ensure_program.sh browser

# Twice quiet: of pip, only errors are worth reading.
$(VENV)/.installed: pyproject.toml setup.py
	@scripts/ensure_program.sh venv
	@echo "Making $(VENV) (TensorFlow is large: this takes a minute or more) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --editable '.[dev,tensorflow]'
	@touch $@

node_modules/.installed: package.json package-lock.json
	@scripts/ensure_program.sh node
	@echo "Making node_modules ..."
	@npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
