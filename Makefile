# make report: the fiscal 2022 report of Kumamoto · make test: the tests · make help: the rest

PYTHON ?= python3
PLAN ?= kumamoto
YEAR ?= 2022
BIN := .venv/bin
# pip of the system, working inside .venv: Debian's venv comes without a pip of its own.
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help report lab test trial lint format picture bench lock

help: ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

report: .venv/installed ## write reports/PLAN/YEAR (PLAN=kumamoto YEAR=2022)
	@$(BIN)/kpi report $(PLAN) $(YEAR)

lab: .venv/installed ## open JupyterLab on notebooks/
	$(BIN)/jupyter lab notebooks

test: .venv/installed-dev ## run the tests
	$(BIN)/pytest -n auto -m "not trial"

trial: .venv/installed-dev ## run the tests that take long: engines compared, batches killed
	$(BIN)/pytest -n auto -m trial

lint: .venv/installed-dev ## style of code and notebooks
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/installed-dev ## put code and notebooks in the one style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

picture: .venv/installed-dev ## draw the README's picture of the committed report
	$(BIN)/python benchmarks/picture.py

bench: .venv/installed-dev ## time kpi report against a bare papermill run, and the figures
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/figures.py

lock: .venv/installed-dev ## renew the lock files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --constraint requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements-dev.lock

.venv/bin/python:
	$(PYTHON) -m venv --without-pip .venv

# setuptools comes with the lock, so building the package fetches nothing more.
.venv/installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "環境を用意しています（初回のみ、数分かかります）"
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
