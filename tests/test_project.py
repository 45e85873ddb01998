"""The project's own files: environments, locks, notebooks, documents, the order of modules."""

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from io import BytesIO
from pathlib import Path

import nbformat
import pypdf
import pytest
from conftest import NOTEBOOKS, ROOT
from PIL import Image

from kpi_utils import frames
from kpi_utils.report import build

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
READMES = ["README.md", "README.ja.md"]


def bounds(requirements):
    """Names (as PyPI compares them) and lower bounds."""
    split = (re.fullmatch(r"([\w.-]+)>=([\d.]+)", line) for line in requirements)
    return {re.sub(r"[._-]+", "-", match[1]).lower(): match[2] for match in split}


def test_conda_environment_is_that_of_the_project():
    lines = (ROOT / "environment.yml").read_text("utf-8").split("\n")
    listed = [line.strip(" -") for line in lines if ">=" in line]
    wanted = bounds(PROJECT["dependencies"])
    wanted["python"] = PROJECT["requires-python"].removeprefix(">=")
    assert bounds(listed) == wanted
    assert {"jupyterlab", "pandas", "matplotlib", "papermill"} <= wanted.keys()
    assert "      - --editable ." in lines


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_has_hashes_and_no_address(name):
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text and "index" not in text.replace("importlib", "")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 80
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry) and "--hash=sha256:" in entry, entry
    locked = {re.match(r"[\w.-]+", entry)[0] for entry in entries}
    wanted = bounds(PROJECT["dependencies"]).keys() | {"setuptools"}
    assert wanted <= locked


def test_development_lock_has_the_same_versions():
    def versions(name):
        text = (ROOT / name).read_text("utf-8")
        return set(re.findall(r"^(\S+==\S+)", text, re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_committed_without_outputs(path):
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), cell.id
        assert cell.get("execution_count") is None, cell.id
    assert "parameters" in [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_cell_calls_little(path):
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            body = ast.parse(cell.source).body
            assert len(body) <= 2 or "parameters" in cell.metadata.get("tags", []), cell.id
            assert not any(isinstance(node, ast.For | ast.If | ast.FunctionDef) for node in body)


# In the data's order: a module may import from those before it. A folder's modules stand together.
MODULES = [
    "errors",
    "language",
    "words",
    "cells.letters",
    "cells.patterns",
    "cells.years",
    "cells.units",
    "cells.grammar",
    "cells.values",
    "cells.notation",
    "cells.number_format",
    "frames",
    "plan",
    "sheets.files",
    "sheets.lines",
    "sheets.delimited",
    "sheets.workbook_parts",
    "sheets.excel",
    "sheets.columns",
    "sheets.left_out",
    "sheets.tables",
    "sheets.outline",
    "sheets.checks",
    "sheets.same_name",
    "sheets.long_frame",
    "sheets.sheet",
    "judging.direction",
    "judging.achievement",
    "judging.kind",
    "judging.conventions",
    "judging.published",
    "judging.judgement",
    "judging.second_opinion",
    "judging.figures",
    "judging.evaluation",
    "judging.questions",
    "judging.narrative",
    "judging.cell_findings",
    "judging.entries",
    "judging.findings",
    "comparing.matching",
    "comparing.counterfactual",
    "comparing.changes",
    "comparing.portfolio",
    "showing.sentences",
    "showing.drawing",
    "showing.charts",
    "showing.change_charts",
    "showing.tables",
    "showing.change_tables",
    "showing.portfolio_tables",
    "workbooks.workbook",
    "workbooks.layout",
    "workbooks.formulas",
    "workbooks.entry",
    "report",
    "running.csv_cells",
    "running.output",
    "running.fingerprint",
    "running.injected",
    "running.inputs",
    "running.manifest",
    "running.exports",
    "running.collection",
    "running.engine",
    "running.notebook",
    "running.run",
    "running.form",
    "running.new_plan",
    "running.child",
    "running.warm",
    "running.cluster",
    "running.batch",
    "terminal",
    "cli",
]


def test_imports_run_one_way():
    package = ROOT / "kpi_utils"

    def name_of(path):
        parts = path.relative_to(package).with_suffix("").parts
        return "report" if parts[0] == "report" else ".".join(parts)

    files = [
        path
        for path in package.rglob("*.py")
        if path.parent.name == "report" or path.stem != "__init__"
    ]
    assert sorted({name_of(path) for path in files}) == sorted(MODULES)
    for path in files:
        importer = name_of(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("kpi_"):
                continue
            _, _, module = node.module.partition(".")
            named = [".".join(filter(None, [module, alias.name])) for alias in node.names]
            # What is no module is imported from one.
            for name in [name if name in MODULES else module for name in named]:
                if importer == "report" and name.partition(".")[0] == "report":
                    continue
                assert MODULES.index(name) < MODULES.index(importer), (importer, name)


def test_package_is_read_in_an_afternoon():
    lines = {
        path: len(path.read_text("utf-8").split("\n"))
        for path in (ROOT / "kpi_utils").rglob("*.py")
    }
    assert max(lines.values()) <= 310, lines
    assert sum(lines.values()) <= 13000, lines


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_commands_and_files_that_exist(readme):
    text = (ROOT / readme).read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert "make report" in text and "make test" in text
    for target in re.findall(r"`?make ([a-z]+)", text):
        assert target in targets
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in link:
            assert (ROOT / link).exists(), link


def test_both_readmes_have_the_same_sections_and_code():
    english, japanese = ((ROOT / readme).read_text("utf-8") for readme in READMES)
    assert english.count("\n## ") == japanese.count("\n## ")

    def commands(text):
        blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
        return [
            line.split("#")[0].strip()
            for block in blocks
            for line in block.split("\n")
            if re.match(r"(make|kpi|papermill|git|cp|conda)\b", line)
        ]

    assert commands(english) == commands(japanese) != []


def test_data_dictionary_names_every_column():
    """data/README.md and the schemas in frames.toml hold each other."""
    text = (ROOT / "data/README.md").read_text("utf-8")
    schemas = {
        "rows": frames.ROWS,
        "points": frames.POINTS,
        "targets": frames.TARGETS,
        "commentary": frames.COMMENTARY,
        "references": frames.REFERENCES,
        "columns": frames.COLUMNS,
        "judged": frames.JUDGED,
        "kpis": frames.KPIS,
        "figures": frames.FIGURES,
        "reproduced": frames.REPRODUCED,
        "findings": frames.FINDINGS,
        "entries": frames.ENTRIES,
        "paths": frames.PATHS,
        "changes": frames.CHANGES,
    }
    for name, schema in schemas.items():
        section = re.search(rf"\n### `{name}`.*?(?=\n##|\Z)", text, re.DOTALL)[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(schema.columns), name


@pytest.mark.slow
@pytest.mark.trial
@pytest.mark.parametrize("command", [["report.py", "1"], ["figures.py"]])
def test_benchmark_prints_its_table(command):
    path = ROOT / "benchmarks" / command[0]
    run = [sys.executable, str(path), *command[1:]]
    printed = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.count("\n| ") >= 4


def test_contact_sheet_shows_every_page_of_the_report(evaluation):
    """As many as the report has, in the rows that ``make picture`` lays out."""
    pages = len(pypdf.PdfReader(BytesIO(build(evaluation))).pages)
    drawing = runpy.run_path(str(ROOT / "benchmarks/picture.py"))
    page = Image.new("RGB", (drawing["SMALL_WIDTH"], round(drawing["SMALL_WIDTH"] * 2**0.5)))
    laid_out = drawing["sheet"]([page] * pages, drawing["ACROSS"], drawing["SMALL_GAP"])
    with Image.open(ROOT / "docs/contact-sheet.png") as picture:
        assert picture.width == laid_out.width
        assert abs(picture.height - laid_out.height) <= pages
        # And each place has a page on it: hardly grey, mostly paper.
        shown = picture.convert("L")
    step = drawing["SMALL_WIDTH"] + drawing["SMALL_GAP"]
    rows = -(-pages // drawing["ACROSS"])
    for place in range(pages):
        row, column = divmod(place, drawing["ACROSS"])
        at = (column * step + 12, row * shown.height // rows + 12)
        assert shown.getpixel(at) > 240, place


def test_tests_read_nothing_of_an_analysts():
    """Whatever plans lie in data/ and reports/, the tests pass: they have copies of their own."""
    assert ROOT not in (Path.cwd(), *Path.cwd().parents)
    assert sorted(path.name for path in Path("data").iterdir()) == ["kakuu", "kumamoto"]
    for path in (ROOT / "tests").glob("*.py"):
        read = re.findall(r"""ROOT / f?["'](data/(?!README)|reports)""", path.read_text("utf-8"))
        assert read == [], path.name
