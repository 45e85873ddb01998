"""Two years' sheets in a project: the chapter of the report, ``kpi compare``, one plan.toml."""

import errno
import json
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import page as validation
import pandas as pd
import pypdf
import pytest
from conftest import page_texts
from test_cli import kpi

from kpi_utils import (
    KpiError,
    changes_since_last_year,
    check_comparison,
    compare,
    evaluate,
    export,
    load,
    make_comparison,
    make_report,
)
from kpi_utils.comparing.changes import CHANGE_CODES, uncompared
from kpi_utils.report import build, content, page
from kpi_utils.report.chapters import changes_chapter
from kpi_utils.running import inputs

PLAN, SHEET, LATER = "data/kumamoto/plan.toml", "data/kumamoto/2022.txt", "data/kumamoto/2023.txt"
PAPERMILL = str(Path(sys.executable).with_name("papermill"))
REPORT = ["changes.csv", "evaluation.html", "evaluation.ipynb", "evaluation.pdf"]
REPORT += ["evaluation.xlsx", "findings.csv", "kpis.csv", "run.json"]
COMPARED = ["changes.csv", "compare_years.html", "compare_years.ipynb", "run.json"]


# See tests/test_report.py, which reads the widths itself.
FALSE_ALARM = "GLYPH-WIDTH-001"


def squeezed(text):
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def pdf(trial):
    return build(trial.after, content(trial.after, trial))


# ---------------------------------------------------------------- the chapter


def test_chapter_has_every_change_and_every_kpi(pdf, trial):
    pages = page_texts(pdf)
    chapter = "".join(pages[1:]).split("2022年度から2023年度への変化12指標が")[1]
    chapter = "12指標が" + chapter.split("指標を、未達、後退")[0]
    for name in trial.changes["name"]:
        assert squeezed(re.sub("【.*", "", name))[:12] in chapter
    for code in trial.changes["code"].unique():
        assert CHANGE_CODES[code][:4] in chapter
    assert (
        "12指標が両年度のシートに載っている。新しい指標は2、載らなくなった指標は1である。"
        in chapter
    )
    assert "判定が変わった指標は6であり、うち実績の動きだけによるものは3である。" in chapter
    assert "（data/kumamoto/2022.txt）である。" in chapter
    assert re.search("2022年度から2023年度への変化[34]", pages[0])
    sheet = trial.before.sheet
    assert sheet.sha256 in "".join(pages)


def test_chapter_is_a_bookmark_after_the_readings(pdf):
    outline = pypdf.PdfReader(BytesIO(pdf)).outline
    chapters = [entry["/Title"] for entry in outline if isinstance(entry, dict)]
    assert chapters[2:4] == ["進み方と読み方", "2022年度から2023年度への変化"]


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_report_with_the_chapter_keeps_the_standard(tmp_path, pdf, profile):
    (tmp_path / "report.pdf").write_bytes(pdf)
    report = validation.validate_pdf(str(tmp_path / "report.pdf"), profile=profile)
    failed = [failure.rule_id for failure in report.failures]
    assert [rule for rule in failed if FALSE_ALARM not in rule] == []


def test_no_word_of_a_trend(pdf):
    chapter = [page for page in page_texts(pdf) if "2022年度から2023年度への変化" in page[:80]]
    assert not re.search("傾向(?!が横ばい)|推移|トレンド", "".join(chapter))


def test_report_without_changes_says_so(evaluation):
    later = replace(evaluation, sheet=replace(evaluation.sheet, fiscal_year=2023))
    text = "".join(page_texts(build(later, content(later, compare(evaluation, later)))))
    assert "変わったところはない。" in text


def test_without_an_earlier_sheet_there_is_no_chapter(evaluation):
    assert changes_since_last_year(evaluation) is None
    assert "年度への変化" not in "".join(page_texts(build(evaluation)))
    assert "年度への変化" not in page(evaluation)


def test_last_year_is_the_newest_earlier_one_that_has_a_sheet(trial_project):
    shutil.copy(trial_project / SHEET, trial_project / "data/kumamoto/2019.txt")
    shutil.copy(trial_project / LATER, trial_project / "data/kumamoto/2025.txt")
    assert changes_since_last_year(evaluate(load("kumamoto", 2023))).year_before == 2022


# ---------------------------------------------------------------- an earlier sheet that fails


def broken_form(project):
    path = project / SHEET
    path.write_text(path.read_text("utf-8").replace("## (1)", "## 1"), "utf-8")


def not_a_sheet(project):
    (project / SHEET).write_bytes(b"%PDF-1.7")


def two_files(project):
    shutil.copy(project / SHEET, project / "data/kumamoto/2022.md")


def folder_instead(project):
    (project / SHEET).unlink()
    (project / SHEET).mkdir()


def test_last_years_sheet_that_may_not_be_read_is_told_in_japanese(trial_project, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "2022.txt")

    evaluation = evaluate(load("kumamoto", 2023))
    monkeypatch.setattr(inputs, "load", refused)
    (problem,) = changes_since_last_year(evaluation).problems
    assert problem.endswith("2022年度のシートを開けません（読み書きする権限がありません）。")


@pytest.mark.parametrize("break_it", [broken_form, not_a_sheet, two_files, folder_instead])
def test_earlier_sheet_that_cannot_be_used_spoils_nothing(trial_project, break_it):
    break_it(trial_project)
    evaluation = evaluate(load("kumamoto", 2023))
    changes = changes_since_last_year(evaluation)
    assert changes.problems and changes.before is None
    assert changes_chapter(changes, None)["problems"] == changes.problems


def test_report_says_why_the_earlier_sheet_cannot_be_used(trial):
    changes = uncompared(2022, trial.after, ["表(1)がありません。", "表(2)がありません。"])
    pages = page_texts(build(trial.after, content(trial.after, changes)))
    (said,) = [page for page in pages if "2022年度のシートを使えないため、比べていない。" in page]
    assert "表(1)がありません。" in said and "表(2)がありません。" in said


@pytest.mark.trial
def test_stale_table_of_changes_goes(trial_project, trial):
    folder = trial_project / "reports/kumamoto/2023"
    export(trial.after, trial)
    assert (folder / "changes.csv").is_file()
    broken_form(trial_project)
    evaluation = evaluate(load("kumamoto", 2023))
    said = export(evaluation, changes_since_last_year(evaluation))
    assert "changes.csv" not in said and not (folder / "changes.csv").exists()
    inputs = json.loads((folder / "run.json").read_text("utf-8"))["inputs"]
    assert SHEET not in inputs and LATER in inputs


@pytest.mark.slow
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


def test_files_of_the_runs(trial_made):
    assert sorted(path.name for path in (trial_made / "2023").iterdir()) == REPORT
    assert sorted(path.name for path in (trial_made / "2022-2023").iterdir()) == COMPARED


@pytest.mark.parametrize("folder", ["2023", "2022-2023"])
def test_table_of_changes_is_the_frame(trial_made, trial, folder):
    content = (trial_made / folder / "changes.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(table, trial.changes.astype("str"), check_dtype=False)


def test_records_name_both_sheets(trial_made, trial):
    for folder, notebook in (("2023", "evaluate"), ("2022-2023", "compare_years")):
        record = json.loads((trial_made / folder / "run.json").read_text("utf-8"))
        inputs = record["inputs"]
        assert inputs[SHEET] == trial.before.sheet.sha256
        assert inputs[LATER] == trial.after.sheet.sha256
        assert f"notebooks/{notebook}.ipynb" in inputs
    years = {"fiscal_year_before": 2022, "fiscal_year_after": 2023}
    assert record["parameters"] == {"plan": "kumamoto"} | years


def test_page_of_the_comparison(trial_made, trial):
    page = (trial_made / "2022-2023/compare_years.html").read_text("utf-8")
    assert "<title>熊本市 第2期SDGs未来都市計画 2022年度から2023年度への変化</title>" in page
    for sheet in (trial.before.sheet, trial.after.sheet):
        assert f"{sheet.title}（{sheet.source}）" in page
    assert "（架空のデータ" in page and "check_comparison" not in page
    assert page.count('alt="') == 2
    for message in trial.changes["message"]:
        assert message[:20] in page
    assert "/tmp/" not in page


@pytest.mark.slow
@pytest.mark.trial
def test_second_run_is_the_same_byte_for_byte(trial_project, trial_made):
    make_report("kumamoto", 2023)
    make_comparison("kumamoto", 2022, 2023)
    reports = trial_project / "reports/kumamoto"
    for folder, names in (("2023", REPORT), ("2022-2023", COMPARED)):
        for name in names:
            file = Path(folder, name)
            assert (reports / file).read_bytes() == (trial_made / file).read_bytes(), file


@pytest.mark.slow
@pytest.mark.trial
def test_plain_papermill_gives_the_same_table(trial_project, trial_made):
    command = [PAPERMILL, "notebooks/compare_years.ipynb", "OUT.ipynb", "-p", "plan", "kumamoto"]
    command += ["-p", "fiscal_year_before", "2022", "-p", "fiscal_year_after", "2023"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    file = Path("reports/kumamoto/2022-2023/changes.csv")
    assert (trial_project / file).read_bytes() == (trial_made.parents[1] / file).read_bytes()


def test_command_prints_a_line_a_change_and_counts(trial_project, trial):
    run = kpi("compare", "kumamoto", "2022", "2023", "--engine", "kpi")
    assert (run.returncode, run.stderr) == (0, "")
    *lines, counts, folder = run.stdout.splitlines()
    assert len(lines) == len(trial.changes)
    assert lines[0].startswith(f"注意 actual-restated（実績の遡及修正） {LATER} 9行目 ")
    assert counts == "2022年度から2023年度への変化: 注意13、参考6"
    assert folder == "reports/kumamoto/2022-2023 に結果を書き出しました。"


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ((2023, 2022), "前の年度、後の年度の順に"),
        ((2022, 2022), "異なる2つの年度"),
        ((2021, 2023), "data/kumamoto/2021.xlsx（又は"),
        ((2022, "2023"), "fiscal_year_after が '2023' です"),
        ((True, 2023), "fiscal_year_before が True です"),
    ],
)
def test_years_that_cannot_be_compared(trial_project, years, said):
    with pytest.raises(KpiError, match=said):
        check_comparison("kumamoto", *years)
    with pytest.raises(KpiError, match=said):
        make_comparison("kumamoto", *years)
    assert not (trial_project / "reports").exists()


def test_help_teaches():
    assert "kpi compare kakuu 2023 2024" in kpi("compare", "--help").stdout


# ---------------------------------------------------------------- one plan.toml for all years


@pytest.fixture
def declare(trial_project):
    def add(name, item):
        path = trial_project / PLAN
        entry = f'\n[[kpi]]\nname = "{name}"\n{item}\nreason = "架空の理由"\n'
        path.write_text(path.read_text("utf-8") + entry, "utf-8")

    return add


def idle(year):
    """What is noted of declarations that change nothing: of which KPI, and what."""
    remarks = load("kumamoto", year).remarks
    return [(said.text, said.says) for said in remarks if said.code == "declaration-unused"]


NEW = "食品の寄附に協力する店舗の数"
OLD = "「熊本県SDGs登録制度」登録団体数（市内）"
BOTH = "大型蓄電池設置箇所数"


def test_declaration_of_another_year_is_not_noted(declare):
    declare(NEW, 'direction = "decrease"')
    assert (idle(2022), idle(2023)) == ([], [])


def test_declaration_that_no_year_lists_is_noted(declare):
    declare("架空の指標", 'direction = "decrease"')
    for year in (2022, 2023):
        assert idle(year) == [("架空の指標", "declaration-unknown")]


def test_declaration_that_no_year_needs_is_noted(declare):
    declare(BOTH, 'direction = "increase"')
    declare(NEW, 'direction = "increase"')
    for year in (2022, 2023):
        assert set(idle(year)) == {(name, "declaration-unused") for name in (BOTH, NEW)}


def test_declaration_that_another_year_needs_is_not_noted(declare, trial_project, edit):
    edit(trial_project / LATER, "2023年 6 基", "2023年 2 基")
    declare(BOTH, 'direction = "increase"')
    assert (idle(2022), idle(2023)) == ([], [])


def test_declaration_is_taken_as_needed_where_another_year_cannot_be_read(declare, trial_project):
    (trial_project / LATER).write_bytes(b"%PDF-1.7")
    declare("架空の指標", 'direction = "decrease"')
    assert idle(2022) == []


def test_former_name_that_no_year_lists_is_noted(declare):
    declare(NEW, 'formerly = "架空の指標"')
    assert idle(2023) == [("架空の指標", "declaration-unknown")]


def test_former_name_that_is_mistyped_asks_whether_the_other_is_meant(declare):
    declare(NEW, f'formerly = "{OLD.replace("登録団体", "登録団休")}"')
    assert [says for _, says in idle(2023)] == ["declaration-resembles"]


def test_report_names_only_the_declarations_of_its_kpis(trial, pdf):
    text = "".join(page_texts(build(trial.before)))
    assert "よくなる向きは「減少」とする" in text and "以前の名称" not in text
    text = "".join(page_texts(pdf))
    assert "以前の名称は「自ら健康づくりに取り組んでいる市民の割合」とする" in text


def test_what_a_proposal_says_to_write_makes_it_the_same_kpi(trial, declare):
    message = trial.changes.set_index("code").loc["rename-proposed", "message"]
    name, former = re.findall(r'(?:name|formerly) = "([^"]+)"', message)
    assert tomllib.loads(f'formerly = "{former}"')["formerly"] == OLD
    declare(name, f'formerly = "{former}"')
    changes = changes_since_last_year(evaluate(load("kumamoto", 2023)))
    counts = changes.changes["code"].value_counts()
    assert (counts["renamed"], counts["new"]) == (2, 1)
    assert "dropped" not in counts and "rename-proposed" not in counts
