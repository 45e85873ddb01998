"""Two years' sheets in a project: the chapter of the report, ``kpi compare``, one plan.toml."""

import errno
import json
import re
import shutil
from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest
from conftest import FILES, html_of, page_texts, report_of, squeezed
from test_cli import kpi

from kpi_utils import (
    KpiError,
    changes_since_last_year,
    check_comparison,
    compare,
    evaluate,
    load,
    make_comparison,
    write_comparison,
    write_report,
)
from kpi_utils.comparing.changes import Changes
from kpi_utils.report import build
from kpi_utils.running import inputs
from kpi_utils.showing.change_tables import changes_csv, summary
from kpi_utils.words import JAPANESE

PLAN, SHEET, LATER = "data/kumamoto/plan.toml", "data/kumamoto/2022.txt", "data/kumamoto/2023.txt"


def printed(evaluation, changes=None):
    """A report as PDF."""
    return build(report_of(evaluation, changes))


def since_last_year():
    """The changes since last year of the project's sheet of 2023."""
    evaluation = evaluate(load("kumamoto", 2023))
    return changes_since_last_year(evaluation.sheet, evaluation.rows)


# ---------------------------------------------------------------- the chapter


def test_chapter_has_every_change_and_every_kpi_and_its_declarations(trial):
    pages = page_texts(printed(trial.after, trial))
    chapter = "".join(pages[1:]).split("2022年度から2023年度への変化12指標が")[1]
    chapter = "12指標が" + chapter.split("指標を、未達、後退")[0]
    assert not re.search("傾向(?!が横ばい)|推移|トレンド", chapter)
    for name in trial.changes["name"]:
        assert squeezed(re.sub("【.*", "", name))[:12] in chapter
    for code in trial.changes["code"].unique():
        assert JAPANESE.of("change")[code][:4] in chapter
    # A page may end within it.
    assert summary(trial, JAPANESE).partition("うち実績")[0] in chapter
    assert "判定が変わった指標は6であり、うち実績の動きだけによるものは3である。" in chapter
    assert "（data/kumamoto/2022.txt）である。" in chapter
    assert re.search("2022年度から2023年度への変化[34]", pages[0])
    assert trial.before.sheet.sha256 in "".join(pages)
    text = "".join(page_texts(printed(trial.before)))
    assert "よくなる向きは「減少」とする" in text and "以前の名称" not in text
    assert "以前の名称は「自ら健康づくりに取り組んでいる市民の割合」とする" in "".join(pages)


@pytest.mark.trial
def test_report_without_changes_or_an_earlier_sheet_says_so_or_nothing(evaluation):
    later = replace(evaluation, sheet=replace(evaluation.sheet, fiscal_year=2023))
    text = "".join(page_texts(printed(later, compare(evaluation, later))))
    assert "変わったところはない。" in text
    sheet = evaluation.sheet
    assert changes_since_last_year(sheet, evaluation.rows) is None
    assert summary(None, JAPANESE) == "これより前の年度のシートがないため、比べていない。"
    assert "年度への変化" not in "".join(page_texts(printed(evaluation)))
    assert "年度への変化" not in html_of(evaluation)


def test_last_year_is_the_newest_earlier_sheet_and_told_if_unreadable(trial_project, monkeypatch):
    shutil.copy(trial_project / SHEET, trial_project / "data/kumamoto/2019.txt")
    shutil.copy(trial_project / LATER, trial_project / "data/kumamoto/2025.txt")
    assert since_last_year().year_before == 2022

    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied", f"{trial_project / SHEET}")

    evaluation = evaluate(load("kumamoto", 2023))
    monkeypatch.setattr(inputs, "_read", refused)
    (problem,) = changes_since_last_year(evaluation.sheet, evaluation.rows).problems
    assert problem.startswith("data/kumamoto/2022.txt: 開けません（読み書きする権限がありません）")


# ---------------------------------------------------------------- an earlier sheet that fails


def broken_form(project):
    path = project / SHEET
    path.write_text(path.read_text("utf-8").replace("## (1)", "## 1"), "utf-8")


def test_earlier_sheet_that_cannot_be_used_spoils_nothing(trial_project):
    broken_form(trial_project)
    changes = since_last_year()
    assert changes.problems and changes.before is None and changes.changes.empty
    first, *problems = summary(changes, JAPANESE).split("\n")
    assert first == "2022年度のシートを使えないため、比べていない。"
    assert problems == list(changes.problems)


def test_report_says_why_a_sheet_cannot_be_used_and_of_a_part_what_changed_for_it(trial):
    problems = "表(1)がありません。", "表(2)がありません。"
    changes = Changes(2022, None, trial.after, problems=problems)
    pages = page_texts(printed(trial.after, changes))
    (text,) = [page for page in pages if "2022年度のシートを使えないため、比べていない。" in page]
    assert all(problem in text for problem in problems)
    kpis, lost = trial.after.kpis, trial.changes[trial.changes["code"] == "dropped"]
    assert trial.of(kpis) is trial and len(lost) == 1
    (initiative,) = trial.before.kpis.loc[lost["kpi"], "initiative"]
    for is_told in (True, False):
        of = (kpis["initiative"] == initiative) == is_told
        part = trial.of(kpis[of])
        assert set(part.changes["kpi"]) <= {*kpis.index[of], *lost["kpi"]}
        assert (part.changes["code"] == "dropped").sum() == is_told
        same = sum(kpi in trial.same for kpi in kpis.index[of])
        assert f"{same}指標が両年度" in summary(part, JAPANESE) and len(part.same) == same


@pytest.mark.parametrize("name", ["changes", "paths"])
def test_part_of_a_comparison_is_written_and_another_one_is_told(trial_project, trial, name):
    part, other = getattr(trial, name).head(1), getattr(trial, name).assign(kpi="架空の指標")
    assert "changes.csv" in write_comparison(replace(trial, **{name: part}))
    with pytest.raises(KpiError, match=f"{name} が、この2つのシートを比べたものではありません"):
        write_comparison(replace(trial, **{name: other}))
    part, same = replace(trial.after, kpis=trial.after.kpis.head(3)), trial.after
    for years, told in (
        ({"after": part}, "before 及び after は改めず"),
        ({"before": same}, "前と後の年度"),
    ):
        with pytest.raises(KpiError, match=told):
            write_comparison(replace(trial, **years))


@pytest.mark.trial
def test_stale_table_of_changes_goes(trial_project, trial):
    folder = trial_project / "reports/kumamoto/2023"
    after = trial.after
    frames = after.sheet, after.rows, after.kpis, after.findings
    write_report(*frames, changes=trial)
    assert (folder / "changes.csv").is_file()
    broken_form(trial_project)
    written = write_report(*frames, changes=since_last_year())
    assert "changes.csv" not in written and not (folder / "changes.csv").exists()
    hashes = json.loads((folder / "run.json").read_text("utf-8"))["inputs"]
    assert SHEET not in hashes and LATER in hashes


@pytest.mark.trial
def test_command_says_that_the_earlier_sheet_cannot_be_used(trial_project):
    broken_form(trial_project)
    run = kpi("report", "kumamoto", "2023")
    assert run.returncode == 0
    assert run.stderr.startswith("2022年度のシートを使えないため、2022年度とは比べていません。\n")
    assert f"{SHEET} " in run.stderr and "Traceback" not in run.stderr
    page = (trial_project / "reports/kumamoto/2023/evaluation.html").read_text("utf-8")
    assert "2022年度のシートを使えないため、比べていない。" in page


# ---------------------------------------------------------------- what runs leave


def table_in(folder):
    """``changes.csv`` of a folder."""
    table = (folder / "changes.csv").read_bytes()
    assert table.startswith(b"\xef\xbb\xbf")
    return pd.read_csv(BytesIO(table), dtype=str, keep_default_na=False)


@pytest.mark.trial
def test_analyst_keeps_some_changes_in_the_notebook(trial_project, trial, edit):
    """What a cell filters is what the page shows and the file has."""
    kept = "comparison.changes.loc[lambda of: of.severity == 'warning']"
    notebook = trial_project / "notebooks/compare_years.ipynb"
    edit(notebook, "changes = comparison.changes\\n", f"changes = {kept}\\n")
    folder = trial_project / make_comparison("kumamoto", 2022, 2023)
    warnings = trial.changes.query("severity == 'warning'")
    assert table_in(folder)["code"].tolist() == warnings["code"].tolist()
    page = (folder / "compare_years.html").read_text("utf-8")
    assert "載っていないため、廃止されたものか" in page and "と宣言されている" not in page


# The files of a report with its changes, and of a comparison alone.
REPORT = ["changes.csv", *FILES]
COMPARED = ["changes.csv", "compare_years.html", "compare_years.ipynb", "run.json"]
RUNS = [("2023", "evaluate", REPORT), ("2022-2023", "compare_years", COMPARED)]


def test_files_of_the_runs_have_the_changes_and_name_both_sheets(trial_made, trial):
    told = changes_csv(trial, JAPANESE).astype("str")
    for folder, notebook, files in RUNS:
        assert sorted(path.name for path in (trial_made / folder).iterdir()) == files
        pd.testing.assert_frame_equal(table_in(trial_made / folder), told, check_dtype=False)
        record = json.loads((trial_made / folder / "run.json").read_text("utf-8"))
        assert record["inputs"][SHEET] == trial.before.sheet.sha256
        assert record["inputs"][LATER] == trial.after.sheet.sha256
        assert f"notebooks/{notebook}.ipynb" in record["inputs"]
    years = {"fiscal_year_before": 2022, "fiscal_year_after": 2023}
    assert record["parameters"] == {"plan": "kumamoto"} | years
    page = (trial_made / "2022-2023/compare_years.html").read_text("utf-8")
    assert "<title>熊本市 第2期SDGs未来都市計画 2022年度から2023年度への変化</title>" in page
    for sheet in (trial.before.sheet, trial.after.sheet):
        assert f"{sheet.title}（{sheet.source}）" in page
    assert "（架空のデータ" in page and "check_comparison" not in page
    assert page.count('alt="') == 2
    for message in trial.changes["message"]:
        assert JAPANESE.render(message)[:20] in page
    assert "/tmp/" not in page


@pytest.mark.trial
def test_command_prints_a_line_a_change_and_counts(trial_project, trial):
    run = kpi("compare", "kumamoto", "2022", "2023")
    assert (run.returncode, run.stderr) == (0, "")
    *lines, counts, folder = run.stdout.splitlines()
    assert len(lines) == len(trial.changes)
    assert lines[0].startswith(f"注意 actual-restated（実績の遡及修正） {LATER} 9行目 ")
    assert counts == "2022年度から2023年度への変化: 注意13、参考6"
    assert folder == "reports/kumamoto/2022-2023 に結果を書き出しました。"
    assert "kpi compare kakuu 2023 2024" in kpi("compare", "--help").stdout


@pytest.mark.parametrize(
    ("years", "problem"),
    [
        ((2023, 2022), "前の年度、後の年度の順に"),
        ((2022, 2022), "異なる2つの年度"),
        ((2021, 2023), "data/kumamoto/2021.xlsx（又は"),
        ((2022, "2023"), "fiscal_year_after が '2023' です"),
        ((True, 2023), "fiscal_year_before が True です"),
    ],
)
def test_years_that_cannot_be_compared(trial_project, years, problem):
    with pytest.raises(KpiError, match=problem):
        check_comparison("kumamoto", *years)
    with pytest.raises(KpiError, match=problem):
        make_comparison("kumamoto", *years)
    assert not (trial_project / "reports").exists()


# ---------------------------------------------------------------- one plan.toml for all years


@pytest.fixture
def declare(trial_project):
    def add(name, item):
        path = trial_project / PLAN
        entry = f'\n[[kpi]]\nname = "{name}"\n{item}\nreason = "架空の理由"\n'
        path.write_text(path.read_text("utf-8") + entry, "utf-8")

    return add


NEW = "食品の寄附に協力する店舗の数"
BATTERIES = "大型蓄電池設置箇所数"
MISTYPED = "「熊本県SDGs登録制度」登録団休数（市内）"
INCREASE = 'direction = "increase"'


@pytest.mark.trial
@pytest.mark.parametrize(
    ("name", "item", "noted"),
    [
        # That of another year may be needed there.
        (NEW, INCREASE, []),
        ("架空の指標", INCREASE, [("架空の指標", "")]),
        (NEW, 'formerly = "架空の指標"', [("架空の指標", "")]),
        # One that is mistyped asks whether the other is meant.
        (NEW, f'formerly = "{MISTYPED}"', [(MISTYPED, "declaration-resembles")]),
    ],
)
def test_declaration_that_no_year_lists_is_noted_in_all(declare, name, item, noted):
    declare(name, item)
    for year in (2022, 2023):
        remarks = load("kumamoto", year).remarks
        assert [(of.text, of.says) for of in remarks if of.code == "declaration-unused"] == noted


def test_declaration_is_taken_as_needed_where_another_year_cannot_be_read(declare, trial_project):
    broken_form(trial_project)
    declare("架空の指標", INCREASE)
    assert "declaration-unused" not in [of.code for of in load("kumamoto", 2023).remarks]
