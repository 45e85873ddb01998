"""Many reports together: what is counted, from what, and how the list and the PDF show it.

The reports have real tables; their PDF and page, which nobody opens here, are left blank. What is
counted is what the cells of the notebook leave.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pdfplumber
import pytest
from conftest import DATA, ROOT, must_be_valid, page_texts, run_kpi, squeezed
from test_cli import kpi

from kpi_utils import (
    KpiError,
    changes_since_last_year,
    collected,
    counted_kpis,
    evaluate,
    load,
    report,
    write_portfolio,
    write_report,
)
from kpi_utils.comparing.portfolio import with_counts
from kpi_utils.frames import typed
from kpi_utils.report.content import Content
from kpi_utils.report.portfolio import build_portfolio, index
from kpi_utils.running import collection
from kpi_utils.running.collection import collect
from kpi_utils.running.exports import write_index
from kpi_utils.running.order import TABLES
from kpi_utils.running.output import RECORD, json_bytes, read_record
from kpi_utils.running.records import Run, note
from kpi_utils.showing.portfolio_tables import in_words
from kpi_utils.words import JAPANESE

YEARS = [2022, 2023]
PLANS = ["made0001", "made0002", "made0003"]
ORDER, UNKNOWN = ["missed", "regressed", "unchanged", "progressing", "met"], {"undetermined"}


def make_reports(root: Path, runs: list[tuple[str, int]]) -> dict:
    """Write the reports of plans and years of a project, without PDF; their evaluations."""
    evaluations = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(report, "content", lambda *_: Content(JAPANESE, {}, {}, typed("entries", [])))
        patch.setattr(report, "build", lambda *_: b"")
        patch.setattr(report, "page", lambda *_: "")
        patch.setattr(report, "book", lambda *_: b"")
        for plan, year in runs:
            evaluations[plan, year] = one = evaluate(load(plan, year))
            changes = changes_since_last_year(one.sheet, one.rows)
            write_report(one.sheet, one.rows, one.kpis, one.findings, changes)
    return evaluations


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project of three made-up plans with reports of two years: its folder, the evaluations."""
    root = tmp_path_factory.mktemp("made-up")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    command = [sys.executable, str(ROOT / "benchmarks/made_up.py"), str(root / "data"), "3", "2"]
    subprocess.run(command, check=True)
    return root, make_reports(root, [(plan, year) for plan in PLANS for year in YEARS])


def recorded(folder: Path, **about) -> None:
    """Change what the record of a report says."""
    (folder / RECORD).write_bytes(json_bytes(read_record(folder) | about))


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    """A copy of it to break, as the work folder."""
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_hand(reports=(), kpis=(), findings=()) -> tuple:
    """The frames of a collection, of a few words: what is not given is blank."""
    blank = dict.fromkeys(["name", "message", "files", "goals", "basis", "pace_word", "kpi"], "")
    blank |= {"made_up": False, "state": "done", "sha256": "", "achievement": None}
    blank |= {"source": "架空:1", "unit": "件"}
    listed = [blank | {"municipality": one["plan"]} | one for one in reports]
    listed = typed("report-as-read", listed)
    indicators = [blank | {"label": one["kpi"]} | one for one in kpis]
    indicators = typed("portfolio-kpis", indicators)
    columns = ["plan", "fiscal_year", "code", "severity", "kpi"]
    found = pd.DataFrame([blank | one for one in findings], columns=columns)
    changes = pd.DataFrame(columns=[*columns, "before", "cause"])
    return with_counts(listed, indicators, found), indicators, found, changes


def cells(frames=None, edits=None, fiscal_year=None) -> dict:
    """What the notebook's cells leave up to the export; ``edits`` are added to cells by their id.

    ``frames`` stand for those that are collected.
    """
    left = {}
    with pytest.MonkeyPatch.context() as patch:
        if frames:
            patch.setattr(collection, "collected", lambda _: frames)
        for cell in nbformat.read(ROOT / "notebooks/portfolio.ipynb", 4).cells:
            if cell.cell_type == "code" and cell.id != "export":
                exec(f"{cell.source}\n{(edits or {}).get(cell.id, '')}", left)
            if cell.id == "parameters":
                left["fiscal_year"] = fiscal_year
    return left


def pdf_of(left: dict, attached=None) -> bytes:
    """The PDF of what the cells leave."""
    tables = {name: left[name] for name in TABLES}
    record = {"inputs": {"reports": "0" * 64}, "versions": {"kpi-utils": "0"}}
    record["parameters"] = {"fiscal_year": left["fiscal_year"]}
    return build_portfolio(left["reports"], left["kpis"], tables, record, attached or {})


def text_of(left: dict) -> str:
    return "".join(page_texts(pdf_of(left)))


# ---------------------------------------------------------------- what is counted


@pytest.mark.usefixtures("project")
def test_counts_and_steps_are_those_of_the_reports(made):
    """Counted by hand, from the evaluations and not from their tables."""
    evaluations = [made[1][plan, 2023] for plan in PLANS]
    kpis = pd.concat([one.kpis for one in evaluations])
    findings = pd.concat([one.findings for one in evaluations])
    statuses = kpis["status"].value_counts()
    plans = Counter(status for one in evaluations for status in set(one.kpis["status"]))
    paced = kpis[kpis["status"] == "progressing"].value_counts("pace_word").to_dict()
    goals = Counter()
    for one in evaluations:
        rows = one.rows.assign(status=one.rows["kpi"].map(one.kpis["status"]))
        rows["goal"] = rows["goals"].str.partition(".")[0]
        rows = rows.drop_duplicates(["kpi", "goal"])
        goals.update(rows.value_counts(["goal", "status"]).to_dict())
    left = cells()
    by_status = left["by_status"].reindex([*statuses.index, "total"])
    assert by_status["kpis"].tolist() == [*statuses, 42]
    assert by_status["plans"].tolist() == [*(plans[status] for status in statuses.index), 3]
    assert left["by_pace"]["kpis"].where(lambda n: n > 0).dropna().to_dict() == paced != {}
    kinds = findings.value_counts(["severity", "code"]).to_dict()
    assert left["kinds"].set_index(["severity", "code"])["places"].to_dict() == kinds
    by_goal = left["by_goal"].drop(columns="total").stack()
    assert by_goal[by_goal > 0].to_dict() == dict(goals)
    text, words = squeezed(text_of(left)), JAPANESE.of("pace")
    assert all(f"{words[pace]}{number}" in text for pace, number in paced.items() if pace)
    assert f"3計画の42指標のうち、未達が{statuses.get('missed', 0)}、" in text
    table, through = left["by_plan"].droplevel(["municipality", "made_up", "years"]), Counter()
    for plan in PLANS:
        before, after = (made[1][plan, year].kpis["status"] for year in YEARS)
        pairs = Counter((before[kpi], after[kpi]) for kpi in after.index)
        known = {pair: n for pair, n in pairs.items() if not UNKNOWN.intersection(pair)}
        steps = Counter()
        for (was, now), number in known.items():
            steps[np.sign(ORDER.index(now) - ORDER.index(was))] += number
        numbers = [len(after), steps[1], steps[1], steps[-1], steps[0], len(after) - steps.total()]
        columns = ["compared", "up", "up_by_data", "down", "same", "unknown"]
        assert table.loc[plan, columns].tolist() == numbers
        through.update(pairs)
    assert set(left["by_plan"].index.get_level_values("years")) == {"2022 → 2023"}
    assert list(table["up"]) == sorted(table["up"], reverse=True)
    moved = left["transitions"].drop(columns="total").stack()
    assert moved[moved > 0].to_dict() == through and through.total() == 42
    assert "3計画の42指標が、前の年度の報告書にも載っている。" in text
    up, down = table[["up", "down"]].sum()
    assert f"判定は、上がったものが{up}、下がったものが{down}、" in text


# What it was, what it is, and the step: "?" where nobody knows.
STEPS = """
regressed missed down, progressing missed down, missed met up, missed missed same,
not_reached met up, not_reached missed down, not_reached not_reached same, met not_reached down,
not_reached regressed ?, not_reached unchanged ?, not_reached progressing ?,
progressing not_reached ?, regressed not_reached ?, undetermined undetermined ?,
undetermined missed ?"""


@pytest.mark.parametrize(("before", "now", "step"), [one.split() for one in STEPS.split(",")])
def test_step_from_one_status_to_another(before, now, step):
    years = [{"plan": "a", "fiscal_year": year} for year in (2022, 2023)]
    kpis = [{"kpi": "指標", "status": status} for status in (before, now)]
    frames = by_hand(years, [year | kpi for year, kpi in zip(years, kpis, strict=True)])
    for kpis in (frames[1], frames[1].astype({"status": "category"})):
        assert counted_kpis(frames[0], kpis, frames[3])["step"].tolist() == [step.strip("?")]


@pytest.mark.trial
def test_renamed_kpi_is_the_same_and_a_moved_target_no_improvement(trial_project, trial):
    make_reports(trial_project, [("kumamoto", 2022), ("kumamoto", 2023)])
    recorded(trial_project / "reports/kumamoto/2022", made_up=True)
    reports, kpis, _, changed = collected()
    moved = counted_kpis(reports, kpis, changed).dropna(subset="fiscal_year_before")
    moved = moved.set_index("kpi")
    assert set(moved.index) == set(trial.same)
    renamed = [kpi for kpi, before in trial.same.items() if kpi != before]
    assert renamed and (moved.loc[renamed, "fiscal_year_before"] == 2022).all()
    changes = trial.changes
    other = changes["code"].isin(["target-moved", "target-year-moved", "baseline-restated"])
    restated = sorted(set(changes.loc[other, "kpi"]) & set(trial.same))
    assert restated and (moved.loc[restated, "achievement_step"] == "").all()
    told = changes[changes["code"] == "status-changed"].set_index("kpi")["cause"]
    assert moved.loc[moved["cause"] != "", "cause"].to_dict() == told.to_dict() != {}


def test_relistings_that_differ_are_undetermined_as_in_the_report(project, edit):
    path = project / "data/made0001/2023.txt"
    line = next(line for line in path.read_text("utf-8").split("\n") if line.startswith("1\t交流"))
    edit(path, line, line.replace("百万円\t2023", "億円\t2023").replace("819", "829"))
    evaluation = make_reports(project, [("made0001", 2023)])["made0001", 2023]
    assert evaluation.kpis["relistings_differ"].sum() == 1
    kpis = collected()[1]
    ours = kpis[(kpis["plan"] == "made0001") & (kpis["fiscal_year"] == 2023)].set_index("kpi")
    theirs = evaluation.kpis
    assert ours["status"].to_dict() == theirs["status"].to_dict()
    assert (
        ours["achievement"].fillna(-999).to_dict() == theirs["achievement"].fillna(-999).to_dict()
    )


def test_plans_to_look_at_are_ranked_and_common_kpis_have_one_name_and_unit():
    found = [
        ("a", "note", "late-data"),
        *[("b", "warning", "fragile-percentage")] * 2,
        ("c", "warning", "published-differs"),
        ("c", "warning", "narrative-missing"),
        ("d", "error", "unreadable-cell"),
        ("d", "note", "late-data"),
        *[("e", "error", "x-of-a-later-version")] * 2,
    ]
    plans = [{"plan": plan, "fiscal_year": 2022} for plan in "abcde"]
    findings = [
        {"plan": plan, "fiscal_year": 2022, "severity": severity, "code": code}
        for plan, severity, code in found
    ]
    kpis = [plan | {"kpi": "指標", "status": "met"} for plan in plans]
    table = in_words(cells(by_hand(plans, kpis, findings))["second_look"])
    assert table[["計画", "理由", "数値の\n相違"]].to_numpy().tolist() == [
        ["e", "x-of-a-later-version2", 0],
        ["d", "読み取れないセル1", 0],
        ["c", "公表値の不一致1、記載なし1", 1],
        ["b", "不安定な割合2", 0],
    ]
    kpis = [
        plan | {"kpi": "指標", "status": "met", "achievement": achievement}
        for plan, achievement in zip(plans, [-5, 10, 30, 1000, None], strict=True)
    ]
    kpis += [
        plans[0] | {"kpi": "単位", "unit": "%", "status": "met", "achievement": 1},
        plans[1] | {"kpi": "単位", "unit": "％", "status": "regressed", "achievement": -1},
        plans[2] | {"kpi": "単位", "unit": "人", "status": "met"},
        plans[3] | {"kpi": "単独", "status": "met"},
    ]
    kpis += [plan | {"kpi": "不明", "status": "met"} for plan in plans[:2]]
    table = in_words(cells(by_hand(plans, kpis))["common"])
    columns = ["指標", "計画の数", "達成", "後退", "達成度"]
    assert table[columns].to_numpy().tolist() == [
        ["指標", 5, 5, 0, "−5%、10%、1,000%"],
        ["単位", 2, 1, 1, "−1%、1%"],
        ["不明", 2, 2, 0, "―"],
    ]


def counted(year=None) -> list[tuple]:
    reports = collected(year)[0].query("counted")
    return list(zip(reports["plan"], reports["fiscal_year"], strict=True))


def test_newest_report_of_a_plan_is_counted_or_that_of_the_year(project):
    shutil.rmtree(project / "reports/made0002/2023")
    assert counted() == list(zip(PLANS, [2023, 2022, 2023], strict=True))
    assert counted(2022) == [(plan, 2022) for plan in PLANS]
    assert counted(2023) == [("made0001", 2023), ("made0003", 2023)]
    with pytest.raises(KpiError, match="数えられる2030年度の報告書が1件もありません"):
        collected(2030)
    for year in ("2022", True, 2022.5, "令和4年度"):
        with pytest.raises(KpiError, match="西暦の整数で指定"):
            collected(year)
    # One plan of one year.
    for plan in ("made0001", "made0003"):
        shutil.rmtree(project / "reports" / plan)
    left = cells()
    assert left["by_plan"].empty and left["common"].empty
    assert left["transitions"]["total"].sum() == 0
    text = text_of(left)
    assert "前の年度の報告書がある計画はない" in text
    assert "名称及び単位が同じ指標で、複数の計画に載るものはない" in text


# ---------------------------------------------------------------- what cannot be counted


def test_no_report_at_all(project):
    shutil.rmtree(project / "reports")
    with pytest.raises(KpiError, match="数えられる報告書が1件もありません。kpi batch で"):
        collected()
    assert "0計画の0件（報告書なし）" in index(collect()[0])
    run = kpi("portfolio")
    assert run.returncode == 1 and run.stderr.startswith("エラー: reports/ に、")
    assert "Traceback" not in run.stderr and not (project / "reports").exists()


def test_failed_run_is_listed_with_its_message_and_not_counted(project):
    message = "表<b>(1)</b>がありません。"
    runs = [
        Run("made0002", 2023, "failed", "x", error=message),
        # No font has the sign.
        Run("made0004", 2022, "failed", error="別の理由\U0001f600。"),
        Run("made0003", 2023, "waiting", "y"),
        # Since then it was made from the same inputs.
        Run("made0001", 2023, "failed", "z", error="時間の上限に達しました。"),
    ]
    folder = project / "reports/made0001/2023"
    recorded(folder, input_hash="z")
    note(project / "reports", runs)
    assert counted() == list(zip(PLANS, [2023, 2022, 2022], strict=True))
    left = cells()
    words = in_words(left["reports"]).set_index(["計画", "年度"])
    assert len(words) == 7
    assert words.loc[("made0004", "2022"), "状態"] == "失敗"
    assert sorted(words["状態"]) == sorted(["作成済"] * 4 + ["失敗"] * 2 + ["作成待ち"])
    listed = index(left["reports"])
    assert "表&lt;b&gt;(1)&lt;/b&gt;がありません。" in listed and "<b>(1)" not in listed
    # What was made before is still there to open, and said to be that.
    assert 'href="made0002/2023/evaluation.pdf"' in listed and "前に作ったものである" in listed
    assert "made0004/2022/" not in listed
    text = text_of(left)
    assert "ほかに、作れなかったか使えない報告書が2件ある。" in text and "別の理由〓。" in text


BROKEN = {
    "a column less": ("kpis.csv", lambda t: t.replace(",unit,", ",UNIT,", 1), "列 unit がない"),
    "a line cut off": ("kpis.csv", lambda text: text[: len(text) // 2], "kpis.csv"),
    "a quote that does not end": ("findings.csv", lambda text: text + '"\n', "findings.csv"),
    "a status of another version": ("kpis.csv", lambda t: t.replace("met,", "done,"), "done"),
    "an achievement in words": ("kpis.csv", lambda t: re.sub(r",\d+,met", ",ok,met", t), "kpis"),
    "a severity that is none": ("findings.csv", lambda t: t.replace(",note,", ",x,"), "findings"),
    "a record of an earlier version": ("run.json", lambda _: '{"inputs": {}}', "run.json"),
    "no text": ("kpis.csv", lambda _: "\udc83\udcff\x00\n", "kpis.csv"),
    "no file": ("findings.csv", None, "findings.csv: 見つかりません"),
}


@pytest.mark.trial
@pytest.mark.parametrize("fault", BROKEN)
def test_report_that_cannot_be_read_is_listed_with_what_to_do(project, fault):
    """The command can be copied, whatever the plan's name."""
    name, broken, problem = BROKEN[fault]
    (project / "reports/made0002").rename(project / "reports/old plan")
    path = project / "reports/old plan/2023" / name
    text = path.read_text("utf-8-sig")
    path.unlink()
    if broken:
        path.write_bytes(broken(text).encode("utf-8", "surrogateescape"))
    assert counted() == [("made0001", 2023), ("made0003", 2023), ("old plan", 2022)]
    reports = collect()[0]
    (report,) = reports[reports["state"] == "unreadable"].to_dict("records")
    assert problem in report["message"] and report["met"] == 0
    assert "kpi batch 'old plan' --years 2023 --force で作り直してください。" in report["message"]
    listed = index(reports)
    assert problem in listed and "使えない1件" in listed


# ---------------------------------------------------------------- what is made up


@pytest.mark.usefixtures("project")
def test_made_up_plans_are_marked_and_what_a_cell_leaves_out_is_said_to_be_left_out():
    left = cells()
    for table in (left["reports"], left["by_plan"], left["second_look"]):
        assert in_words(table)["計画"].str.endswith("（架空のデータ）").all()
    with pdfplumber.open(BytesIO(pdf_of(left))) as document:
        for page in document.pages:
            assert "架空のデータ" in page.crop((0, 0, page.width, 50)).extract_text()
    listed = index(left["reports"])
    assert listed.count("架空のデータ</span>") == 6
    assert '<aside class="banner" aria-label="データについて">架空のデータ</aside>' in listed
    chosen = cells(edits={"reports": 'reports["counted"] &= reports["plan"] == "made0002"'})
    assert set(chosen["kpis"]["plan"]) == set(chosen["findings"]["plan"]) == {"made0002"}
    text = text_of(chosen)
    assert "数えたのは、ノートブックで選んだ報告書1件（2023年度）である。" in text
    assert "1計画の14指標のうち" in text
    fewer = cells(edits={"kpis": 'kpis = kpis[kpis["status"] != "met"]'})
    text = text_of(fewer)
    assert f"3計画の{len(fewer['kpis'])}指標のうち" in text and "達成が0である" in text
    assert f"ノートブックで除いた{42 - len(fewer['kpis'])}指標は、数えていない。" in text
    one = text_of(cells(edits={"goals": 'by_goal = by_goal.loc[["11"]]'}))
    assert "11住み続けられるまちづくりを" in squeezed(one) and "貧困" not in one
    with pytest.raises(KpiError, match="数える指標が1件もありません"):
        pdf_of(cells(edits={"kpis": "kpis = kpis[:0]"}))


@pytest.mark.trial
def test_made_up_plans_are_listed_but_not_counted_beside_real_ones(project, evaluation):
    shutil.copytree(DATA / "kumamoto", project / "data/kumamoto")
    make_reports(project, [("kumamoto", 2022)])
    left = cells()
    assert counted() == [("kumamoto", 2022)] and len(left["reports"]) == 7
    assert left["by_status"].loc["total", "kpis"] == len(evaluation.kpis) == 13
    with pdfplumber.open(BytesIO(pdf_of(left))) as document:
        for page in document.pages:
            top = page.crop((0, 0, page.width, 50)).extract_text()
            has_lines = "架空第1市" in page.extract_text()
            assert ("架空のデータを含む" in top) or not has_lines
        assert "架空のデータ" not in document.pages[0].crop((0, 0, 595, 50)).extract_text()
        assert "架空のデータである報告書6件は、数えていない" in document.pages[0].extract_text()
    assert ">架空のデータを含む</aside>" in index(left["reports"])
    mixed = cells(edits={"reports": 'reports["counted"] = reports["fiscal_year"] == 2022'})
    text = text_of(mixed)
    assert "この報告書の数値は架空のデータを含む。" in text
    assert "数えたのは、ノートブックで選んだ報告書4件（2022年度）である。" in text


# ---------------------------------------------------------------- list and PDF


def test_names_with_characters_of_html_are_text(project):
    name = "a&b <i>#1?\"'"
    note(project / "reports", [Run(name, 2022, "failed", error="<b>")])
    (project / "reports" / name / "2022").mkdir(parents=True)
    (project / "reports" / name / "2022/evaluation.pdf").touch()
    folder = project / "reports/made0001/2023"
    recorded(folder, municipality="<script>alert(1)</script>$x$ #a")
    recorded(project / "reports/made0002/2023", municipality="架空第1市", name="計画乙")
    left = cells()
    listed = index(left["reports"])
    assert "<script>alert" not in listed and "<i>" not in listed
    assert 'href="a%26b%20%3Ci%3E%231%3F%22%27/2022/evaluation.pdf"' in listed
    text = text_of(left)
    assert "<script>alert(1)</script>$x$#a" in text and "架空第1市計画乙" in text


def test_list_leads_to_every_report_and_counted_kpis_to_their_cells(project, made):
    (project / "reports/made0001/2023/evaluation.xlsx").unlink()
    assert write_index(collect()[0]) == "reports/index.html"
    listed = (project / "reports/index.html").read_text("utf-8")
    assert listed == index(collect()[0])
    for plan in PLANS:
        for year in YEARS:
            for ending in ("html", "pdf", "xlsx"):
                is_there = (project / f"reports/{plan}/{year}/evaluation.{ending}").exists()
                assert (f'href="{plan}/{year}/evaluation.{ending}"' in listed) == is_there
    assert listed.count("evaluation.xlsx") == len(PLANS) * len(YEARS) - 1
    assert "portfolio.pdf" not in listed
    assert [path.name for path in (project / "reports").glob(".*")] == [".lock"]
    left = cells()
    tables = {name: left[name] for name in TABLES}
    assert write_portfolio(left["reports"], left["kpis"], tables) == (
        "reports/portfolio/ に portfolio.pdf、kpis.csv、run.json を書き出しました。"
    )
    path = project / "reports/portfolio/kpis.csv"
    lines = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    dictionary = (ROOT / "data/README.md").read_text("utf-8").partition("### `portfolio`")[2]
    assert re.findall(r"^\| `(\w+)` \|", dictionary, re.MULTILINE) == list(lines)
    assert len(lines) == 42 and lines["made_up"].all()
    for line in lines.itertuples():
        kpi = made[1][line.plan, line.fiscal_year].kpis.loc[line.kpi]
        before = made[1][line.plan, line.fiscal_year_before].kpis.loc[line.kpi]
        assert line.source == "、".join(kpi["sources"])
        assert line.status_before == before["status"]
        assert line.source_before == "、".join(before["sources"])


@pytest.fixture(scope="module")
def pdf(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made[0])
        return pdf_of(cells(), {"kpis.csv": b"a\r\n"})


def test_same_reports_same_bytes_and_nothing_lies_off_the_page(project, pdf):
    assert pdf_of(cells(), {"kpis.csv": b"a\r\n"}) == pdf
    with pdfplumber.open(BytesIO(pdf)) as document:
        for page in document.pages:
            for char in page.chars:
                assert char["x0"] > 40 and char["x1"] < page.width - 40, char["text"]


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_standard(tmp_path, pdf, profile):
    (tmp_path / "portfolio.pdf").write_bytes(pdf)
    must_be_valid(tmp_path / "portfolio.pdf", profile)


@pytest.mark.parametrize(("table", "of"), [("by_status", "kpis"), ("by_goal", "total")])
def test_table_of_other_kpis_is_told_and_not_written(project, table, of):
    left = cells()
    tables = {name: left[name].copy() for name in TABLES}
    tables[table].iloc[-1, tables[table].columns.get_loc(of)] += 1
    with pytest.raises(KpiError, match=f"表「{table}」が、今の kpis を"):
        write_portfolio(left["reports"], left["kpis"], tables)
    assert not (project / "reports/portfolio").exists()


def test_kpis_of_no_report_and_a_table_without_a_place_are_told(project):
    left = cells()
    tables = {name: left[name] for name in TABLES}
    for kpis, shown, told in (
        (left["kpis"].assign(status="met"), tables, "今の報告書の指標ではありません"),
        (left["kpis"], tables | {"mine": tables["kinds"]}, "表は加えることも"),
    ):
        with pytest.raises(KpiError, match=told):
            write_portfolio(left["reports"], kpis, shown)


@pytest.mark.trial
def test_command_makes_notebook_pdf_and_list(project):
    run = run_kpi("portfolio")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("reports/portfolio に計画全体の報告書を作りました。\n")
    folder = project / "reports/portfolio"
    files = ["kpis.csv", "portfolio.ipynb", "portfolio.pdf", "run.json"]
    assert sorted(path.name for path in folder.iterdir()) == files
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["parameters"] == {"fiscal_year": None}
    assert record["files"] == files
    assert 'href="portfolio/portfolio.pdf"' in (project / "reports/index.html").read_text("utf-8")
    # The portfolio is no report of a plan.
    assert len(collect()[0]) == 6
