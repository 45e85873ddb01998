"""The real sheet, judged once; copies of the project to break; sheets of one row."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import openpyxl
import page as validation
import pypdfium2
import pytest
from hypothesis import HealthCheck, settings

from kpi_utils import changes_since_last_year, evaluate, judge, load, make_comparison, make_report
from kpi_utils.plan import Declaration, Plan
from kpi_utils.report import book, build, content, page
from kpi_utils.running import notebook  # noqa: F401, nbformat without its grammar of addresses
from kpi_utils.running.exports import kpis_csv
from kpi_utils.running.output import COMPARISON_NOTEBOOK, NOTEBOOK, PORTFOLIO_NOTEBOOK
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.entries import entries_of, findings_csv

# Few examples, each on a sheet that is read and judged as a whole.
settings.register_profile(
    "few",
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("few")

ROOT = Path(__file__).parents[1]
# The plans that the tests know, whatever lies in data/ and reports/.
DATA = ROOT / "tests/data"
# The files of a report whose plan has no sheet of last year.
FILES = ["evaluation.html", "evaluation.ipynb", "evaluation.pdf", "evaluation.xlsx"]
FILES += ["findings.csv", "kpis.csv", "run.json"]
NOTEBOOKS = [ROOT / name for name in (COMPARISON_NOTEBOOK, NOTEBOOK, PORTFOLIO_NOTEBOOK)]


# The command of this environment.
KPI = str(Path(sys.executable).with_name("kpi"))


def run_kpi(*words: str, **about) -> subprocess.CompletedProcess:
    """The command in a process of its own."""
    about |= {"capture_output": True, "text": True, "timeout": 300}
    return subprocess.run([KPI, *words], check=False, **about)


PLAN = '[plan]\nmunicipality = "試験市"\nname = "試験計画"\n'
ONE_ROW = """\
## 試験市 試験計画（架空のデータ）

## (1) 架空の表

No	指標名	当初値	2022年	2023年	2030年(目標値)	達成度 (%)
1	{name}	{baseline}	{actual}	{later}	{target}	{published}

## (2) 架空の表

No	取組名	指標名	当初値	2022年 実績	2024年 目標値	達成度 (%)
1	架空の取組	別の指標	2020年度 1 件	2022年度 2 件	2024年 3 件	50%
"""
# What its first row says where a test says nothing else.
USUAL_CELLS = {"name": "架空の指標", "baseline": "2020年度 10 件", "actual": "2022年度 12 件"}
USUAL_CELLS |= {"later": "", "target": "2030年 20 件", "published": ""}

HEAD = "No\t指標名\t当初値\t2022年\t2030年(目標値)\t達成度 (%)"


def table_text(*rows, blocks=(), head=HEAD) -> str:
    """A made-up sheet of one table, and of a commentary with these headings.

    A row is a line, or its cells but for the No.: name, baseline, actual, target, 達成度.
    """
    lines = ["## 試験市 試験計画（架空のデータ）", "", "## (1) 架空の表", "", head]
    for no, row in enumerate(rows, 1):
        lines.append(row if isinstance(row, str) else "\t".join([str(no), *row]))
    lines += ["", "評価及び課題等", ""] if blocks else []
    lines += [f"- {block}\n  - ・架空の記載" for block in blocks]
    return "\n".join([*lines, ""])


def plan_of(declared=None, **about) -> Plan:
    """The plan of a made-up sheet: by a KPI's name, what plan.toml declares of it."""
    declarations = {
        name: Declaration(name, "架空の理由", **items) for name, items in (declared or {}).items()
    }
    return Plan("shiken", "試験市", "試験計画", declarations, **about)


def findings_of(evaluation, code=None):
    """The findings in words, as findings.csv has them: all, or those of one code."""
    found = findings_csv(evaluation.findings, evaluation.sheet.words)
    return found if code is None else found[found["code"] == code]


def entries_in(evaluation):
    """The entries of the findings, in words."""
    return entries_of(evaluation.findings, evaluation.kpis, evaluation.sheet.words)


@pytest.fixture
def read_file(tmp_path):
    """A function that writes a file and reads it as the sheet of a plan (``plan_of``) and year."""

    def read_it(name, content, plan=None, year=2022, **about):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_sheet(path, plan or plan_of(), year, **about)

    return read_it


@pytest.fixture
def evaluated(read_file):
    """A function that evaluates a made-up sheet (``table_text``) under a plan (``plan_of``)."""

    def evaluate_it(*rows, blocks=(), head=HEAD, plan=None):
        text = table_text(*rows, blocks=blocks, head=head)
        return evaluate(read_file("sheet.txt", text, plan))

    return evaluate_it


@pytest.fixture(scope="session")
def sheet(own_project):
    return load("kumamoto", 2022)


@pytest.fixture(scope="session")
def evaluation(sheet):
    return evaluate(sheet)


@pytest.fixture(scope="session")
def judged(evaluation):
    return evaluation.rows


@pytest.fixture(scope="session")
def kpis(evaluation):
    return evaluation.kpis


def report_of(evaluation, changes=None):
    """The content of a report, which its editions share."""
    return content(evaluation, changes, {})


def pdf_of(evaluation) -> bytes:
    return build(report_of(evaluation))


def html_of(evaluation) -> str:
    return page(report_of(evaluation))


def book_of(evaluation) -> bytes:
    return book(evaluation, kpis_csv(evaluation.rows), entries_in(evaluation))


@pytest.fixture(scope="session")
def report(evaluation):
    """The content of the real sheet's report."""
    return report_of(evaluation)


@pytest.fixture(scope="session")
def pdf(report):
    """The PDF of the real sheet, without attached tables."""
    return build(report)


def must_be_valid(path: Path, profile: str) -> None:
    """The PDF keeps a standard: ua1 or 3a."""
    checked = validation.validate_pdf(str(path), profile=profile)
    failed = [failure.rule_id for failure in checked.failures]
    # The validator misreads the widths of CID-keyed CFF fonts.
    assert [rule for rule in failed if "GLYPH-WIDTH-001" not in rule] == []
    assert checked.rules.total > 100


def copy_project(folder: Path) -> Path:
    """The project as it is committed: its notebooks, and the plans that the tests know."""
    shutil.copytree(DATA, folder / "data")
    (folder / "notebooks").mkdir()
    for path in NOTEBOOKS:
        shutil.copy(path, folder / "notebooks")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pytest_collection_modifyitems(items):
    """The one test that takes minutes begins first: the others run beside it."""
    items.sort(key=lambda item: "windows" not in item.keywords)


@pytest.fixture(scope="session", autouse=True)
def own_project(tmp_path_factory):
    """Where tests are that have no copy of their own: not where an analyst's plans lie."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy_project(tmp_path_factory.mktemp("project")))
        patch.delenv("KPI_DATA", raising=False)
        yield


def squeezed(text: str) -> str:
    """A text without its white space."""
    return re.sub(r"\s", "", text)


def text_of_html(html: str) -> str:
    return squeezed(re.sub("<[^>]*>", "", html))


@cache
def page_texts(pdf: bytes) -> list[str]:
    """The text of each page of a PDF without white space, in the order in which it is read out."""
    with pypdfium2.PdfDocument(pdf) as document:
        return ["".join(page.get_textpage().get_text_bounded().split()) for page in document]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project's data and notebooks, with the work folder in it."""
    monkeypatch.chdir(copy_project(tmp_path))
    return tmp_path


def copy_trial(folder: Path) -> Path:
    """A copy of the project with a made-up sheet of 2023 that has one of each change in it."""
    copy_project(folder)
    for name, target in (("kumamoto-2023.txt", "2023.txt"), ("kumamoto-2023.toml", "plan.toml")):
        shutil.copy(ROOT / "tests/sheets" / name, folder / "data/kumamoto" / target)
    return folder


@pytest.fixture
def trial_project(tmp_path, monkeypatch):
    monkeypatch.chdir(copy_trial(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def trial(tmp_path_factory):
    """The changes from 2022 to the made-up 2023."""
    root = copy_trial(tmp_path_factory.mktemp("trial"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        later = evaluate(load("kumamoto", 2023))
        return changes_since_last_year(later.sheet, later.rows)


@pytest.fixture(scope="session")
def trial_made(tmp_path_factory):
    """The folder of the reports of 2023, made by our engine: the report and the comparison."""
    root = copy_trial(tmp_path_factory.mktemp("trial-made"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        make_report("kumamoto", 2023, "kpi")
        make_comparison("kumamoto", 2022, 2023, "kpi")
    return root / "reports/kumamoto"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A whole report, made by papermill in a copy of the project: its folder."""
    root = copy_project(tmp_path_factory.mktemp("made"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        report = make_report("kumamoto", 2022)
    return root / report


@pytest.fixture
def one_row(read_file):
    """A made-up sheet whose table (1) has one row, read; ``direction`` is what plan.toml says."""

    def read(*, direction=None, fiscal_year=2022, **cells):
        cells = USUAL_CELLS | cells
        plan = plan_of({cells["name"]: {"direction": direction}} if direction else {})
        return read_file("sheet.txt", ONE_ROW.format(**cells), plan, fiscal_year)

    return read


@pytest.fixture
def judged_row(one_row):
    """The judgement of such a row, as a dictionary of its columns; its note in words."""

    def judge_it(**cells):
        sheet = one_row(**cells)
        row = judge(sheet.rows(), sheet.plan).iloc[0].to_dict()
        return row | {"note": sheet.words.render(row["note"]) or ""}

    return judge_it


@pytest.fixture
def edit():
    """Replace a text in a file that must have it."""

    def replace(path: Path, old: str, new: str, count: int = 1) -> None:
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), "utf-8")

    return replace


@pytest.fixture
def edited(project, edit):
    """A function that evaluates the real sheet with a text of it replaced by another."""

    def evaluate_it(old, new, count=1):
        edit(project / "data/kumamoto/2022.txt", old, new, count)
        return evaluate(load("kumamoto", 2022))

    return evaluate_it


@pytest.fixture
def town(project):
    """A function that puts a made-up sheet of 2022 into the project, and reads it."""
    folder = project / "data/shiken"
    folder.mkdir()

    def put(text, metadata=PLAN):
        (folder / "plan.toml").write_text(metadata, "utf-8")
        (folder / "2022.txt").write_text(text, "utf-8")
        return load("shiken", 2022)

    return put


@pytest.fixture
def converted(tmp_path):
    """A function that lets LibreOffice open a workbook and save it in another format."""
    office = shutil.which("soffice")
    assert office, "LibreOffice is missing; .ci/run installs it"

    def convert(path: Path, ending: str) -> Path:
        profile, folder = tmp_path / "profile", tmp_path / "converted"
        command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless"]
        command += ["--convert-to", ending, "--outdir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        return folder / path.with_suffix(f".{ending.partition(':')[0]}").name

    return convert


@pytest.fixture
def calculated(tmp_path, converted):
    """A function that lets LibreOffice calculate a workbook's formulas."""

    def calculate(path: Path) -> Path:
        # openpyxl leaves the stored results out, so that LibreOffice must calculate.
        openpyxl.load_workbook(path).save(tmp_path / path.name)
        return converted(tmp_path / path.name, "xlsx")

    return calculate
