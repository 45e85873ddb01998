# make report: the fiscal 2022 report of Kumamoto · make form YEAR=2023: next year's form · make test: the tests · make help: the rest

PYTHON ?= python3
PLAN ?= kumamoto
YEAR ?= 2022
LANGUAGE ?= ja
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help report form compare new lab test trial lint format picture bench size dictionary lock

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

# A file's tests stay together: they share the reports that they look at. Processes that they start are not measured;
# the floor is two points below what they cover.
test: .venv/installed-dev ## run the tests, but for those that take long or need LibreOffice, a browser or Windows
	@mkdir -p build
	$(BIN)/python -m slipcover --source kpi_utils --json --out build/coverage.json -m pytest -n auto --dist loadfile \
	  -m "not trial and not office and not browser and not windows"
	@$(BIN)/python -m slipcover --merge build/coverage.json --out build/coverage.json --fail-under 95 > build/coverage.txt \
	  || (echo "The tests run less than 95 % of the package's lines: see build/coverage.txt"; exit 1)
	@awk 'END { print "Of the package'"'"'s " $$2 " lines the tests run all but " $$3 ", " $$4 " %" }' build/coverage.txt

trial: .venv/installed-dev ## run the tests that take long: engines compared, batches killed
	$(BIN)/pytest -n auto -m trial

lint: .venv/installed-dev ## style of code and notebooks, types of the package
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv/installed-dev ## put code and notebooks in the one style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

picture: .venv/installed-dev ## draw the pictures of the README and of docs/gallery.md
	$(BIN)/python benchmarks/picture.py

bench: .venv/installed-dev ## measure how fast kpi is, as ratios, and how reports grow with their plans
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/figures.py
	$(BIN)/python benchmarks/large.py

size: .venv/installed-dev ## count the lines of the package by room, beside their limits
	$(BIN)/python benchmarks/size.py

dictionary: .venv/installed-dev ## write the tables of columns in data/README.md and README.ja.md
	$(BIN)/python docs/dictionary.py

lock: .venv/installed-dev ## renew the lock files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra cluster --extra dev --constraint requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements-dev.lock

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) install.py

.venv/installed-dev: requirements-dev.lock pyproject.toml
	@$(PYTHON) install.py dev
