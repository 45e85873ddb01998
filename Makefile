# make report: the fiscal 2022 report of Kumamoto · make form YEAR=2023: next year's form · make test: the tests · make help: the rest

PYTHON ?= python3
PLAN ?= kumamoto
YEAR ?= 2022
LANGUAGE ?= ja
BIN := .venv/bin
# pip of the system, working inside .venv: Debian's venv comes without a pip of its own.
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help report form compare new lab test trial lint format picture bench size dictionary lock

help: ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

report: .venv/installed ## write reports/PLAN/YEAR (PLAN=kumamoto YEAR=2022 LANGUAGE=ja or en)
	@$(BIN)/kpi report $(PLAN) $(YEAR) --language $(LANGUAGE)

form: .venv/installed ## write the form of a new year, data/PLAN/YEAR.xlsx (YEAR=2023)
	@$(BIN)/kpi form $(PLAN) $(YEAR)

compare: .venv/installed ## compare two years' sheets (PLAN=kakuu FROM=2023 TO=2024)
	@$(BIN)/kpi compare $(PLAN) $(FROM) $(TO)

new: .venv/installed ## make a new plan's folder, with an example sheet (PLAN=yatsushiro)
	@$(BIN)/kpi new $(PLAN)

# .jupyter has our defaults beside the analyst's own settings: JupyterLab asks for no news and for no newer version.
lab: .venv/installed ## open JupyterLab on notebooks/
	JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" $(BIN)/jupyter lab notebooks

# A file's tests stay together: they share the reports that they look at.
test: .venv/installed-dev ## run the tests, but for those that take long or need LibreOffice or a browser
	$(BIN)/pytest -n auto --dist loadfile -m "not trial and not office and not browser" --cov --cov-report=

trial: .venv/installed-dev ## run the tests that take long: engines compared, batches killed
	$(BIN)/pytest -n auto -m trial

lint: .venv/installed-dev ## style of code and notebooks
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/installed-dev ## put code and notebooks in the one style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

picture: .venv/installed-dev ## draw the pictures of the README and of docs/gallery.md
	$(BIN)/python benchmarks/picture.py

bench: .venv/installed-dev ## time kpi report against a bare papermill run, and the figures
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/figures.py
	$(BIN)/python benchmarks/large.py

size: .venv/installed-dev ## count the lines of the package by room, beside their limits
	$(BIN)/python benchmarks/size.py

dictionary: .venv/installed-dev ## write the tables of columns in data/README.md and README.ja.md
	$(BIN)/python -m kpi_utils.frames

lock: .venv/installed-dev ## renew the lock files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra cluster --extra dev --constraint requirements.lock --universal --python-version 3.11 \
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
