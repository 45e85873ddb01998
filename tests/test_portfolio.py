"""Many reports together: what is counted, from what, and how the list and the PDF show it.

The reports have real tables; their PDF and page, which nobody opens here, are left blank.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import page as validation
import pandas as pd
import pdfplumber
import pytest
from conftest import DATA, ROOT, page_texts
from test_cli import kpi

from kpi_utils import KpiError, changes_since_last_year, evaluate, export, load, report
from kpi_utils.comparing.portfolio import CHANGES, FINDINGS, INDICATORS, REPORTS, Portfolio, moves
from kpi_utils.frames import STATUSES, frame
from kpi_utils.report import Content
from kpi_utils.report.portfolio import build_portfolio, index
from kpi_utils.running.collection import collect, collected
from kpi_utils.running.exports import export_portfolio, write_index
from kpi_utils.running.manifest import Run, write_runs
from kpi_utils.running.output import json_bytes, read_record
from kpi_utils.showing import portfolio_tables as tables

KPI = str(Path(sys.executable).with_name("kpi"))
YEARS = [2022, 2023]
PLANS = ["made0001", "made0002", "made0003"]


def rewrite(folder, told: dict) -> None:
    """Change what the record of a report says."""
    (folder / "run.json").write_bytes(json_bytes(read_record(folder) | told))


def make_reports(root: Path, runs: list[tuple[str, int]]) -> dict:
    """Write the reports of plans and years of a project, without PDF; their evaluations."""
    evaluations = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(report, "content", lambda *_: Content({}, {}))
        patch.setattr(report, "build", lambda *_: b"")
        patch.setattr(report, "page", lambda *_: "")
        for plan, year in runs:
            evaluations[plan, year] = evaluate(load(plan, year))
            export(evaluations[plan, year], changes_since_last_year(evaluations[plan, year]))
    return evaluations


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project of three made-up plans with reports of two years: its folder, the evaluations."""
    root = tmp_path_factory.mktemp("made-up")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    command = [sys.executable, str(ROOT / "benchmarks/made_up.py"), str(root / "data"), "3", "2"]
    subprocess.run(command, check=True)
    return root, make_reports(root, [(plan, year) for plan in PLANS for year in YEARS])


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    """A copy of it to break, as the work folder."""
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def newest(made) -> dict:
    return {plan: made[1][plan, 2023] for plan in PLANS}


def as_records(table: pd.DataFrame) -> list[dict]:
    return table.to_dict("records")


def by_hand(reports=(), indicators=(), findings=(), changes=()) -> Portfolio:
    """A portfolio of a few words: what is not given is blank."""
    blank = {
        "name": "", "made_up": False, "status": "done", "error": "", "files": "", "goals": "",
        "basis": "", "source": "架空:1", "unit": "件", "kpi": "", "achievement": None,
        "pace_word": "",
    }  # fmt: skip
    return Portfolio(
        None,
        frame(REPORTS, [blank | {"municipality": one["plan"]} | one for one in reports]),
        frame(INDICATORS, [blank | {"label": one["kpi"]} | one for one in indicators]),
        frame(FINDINGS, [blank | one for one in findings]),
        frame(CHANGES, list(changes)),
        "",
    )


# ---------------------------------------------------------------- what is counted


@pytest.mark.usefixtures("project")
def test_counts_are_those_of_the_reports(made):
    """Counted by hand, from the evaluations and not from their tables."""
    statuses, plans_with, kinds, goals = Counter(), Counter(), Counter(), Counter()
    for evaluation in newest(made).values():
        statuses.update(evaluation.kpis["status"])
        plans_with.update(set(evaluation.kpis["status"]))
        kinds.update(zip(evaluation.findings["severity"], evaluation.findings["code"], strict=True))
        status = evaluation.kpis.set_index("kpi")["status"]
        touched = {
            (int(row.goals.split(".")[0]), row.kpi) for row in evaluation.sheet.rows.itertuples()
        }
        goals.update((goal, status[kpi]) for goal, kpi in touched)
    portfolio = collected()
    tables_of = [evaluation.kpi_table() for evaluation in newest(made).values()]
    paced = Counter(
        kpi.pace_word for table in tables_of for kpi in table.itertuples()
        if kpi.status == "progressing"
    )  # fmt: skip
    words = {"behind": "遅れ", "slightly_behind": "やや遅れ", "on_track": "順調"}
    words[""] = "進み方対象外"
    paces = "、".join(f"{word}{paced[pace]}" for pace, word in words.items() if paced[pace])
    assert paces
    for record, status in zip(
        as_records(tables.statuses(portfolio))[:-1], tables.STATUSES, strict=True
    ):
        assert record == {
            "判定": STATUSES[status],
            "指標の数": statuses[status],
            "計画の数": plans_with[status],
            "進み方": paces if status == "progressing" else "",
        }
    assert as_records(tables.statuses(portfolio))[-1] == {
        "判定": "計",
        "指標の数": 42,
        "計画の数": 3,
        "進み方": "",
    }
    found = tables.kinds(portfolio)
    assert found["箇所の数"].sum() == kinds.total() and len(found) == len(kinds)
    assert next(iter(found["箇所の数"])) == max(
        number for (severity, _), number in kinds.items() if severity == "warning"
    )
    for record in as_records(tables.goals(portfolio)):
        goal = int(record["ゴール"].split()[0])
        for status, word in STATUSES.items():
            assert record[word] == goals[goal, status]
    assert tables.goals(portfolio)["計"].sum() == goals.total()


@pytest.mark.usefixtures("project")
def test_who_improved_is_what_two_years_reports_say(made):
    order = ["missed", "regressed", "unchanged", "progressing", "met"]
    portfolio = collected()
    table = tables.improved(portfolio).set_index("計画")
    through = Counter()
    for plan in PLANS:
        before, after = (
            made[1][plan, year].kpis.set_index("kpi")["status"].to_dict() for year in YEARS
        )
        steps = Counter()
        for name, status in after.items():
            through[before[name], status] += 1
            if "undetermined" in (status, before[name]):
                steps["?"] += 1
            else:
                by = order.index(status) - order.index(before[name])
                steps[(by > 0) - (by < 0)] += 1
        line = table.loc[f"{made[1][plan, 2023].sheet.plan.municipality}（架空のデータ）"]
        assert line["年度"] == "2022 → 2023"
        assert line["比べた\n指標"] == len(after)
        assert line["判定が\n上がった"] == line["うち実績\nのみ"] == steps[1]
        assert (line["判定が\n下がった"], line["判定が\n同じ"], line["比べ\nられない"]) == (
            steps[-1],
            steps[0],
            steps["?"],
        )
    assert list(table["判定が\n上がった"]) == sorted(table["判定が\n上がった"], reverse=True)
    shown = tables.transitions(portfolio).set_index("前の年度の判定")
    for (before, after), number in through.items():
        assert shown.loc[STATUSES[before], STATUSES[after]] == number
    assert shown["計"].sum() == through.total() == 42


@pytest.mark.parametrize(
    ("before", "now", "step"),
    [
        ("regressed", "missed", "down"),
        ("progressing", "missed", "down"),
        ("missed", "met", "up"),
        ("missed", "missed", "same"),
        ("not_reached", "met", "up"),
        ("not_reached", "missed", "down"),
        ("not_reached", "not_reached", "same"),
        # Once there is a baseline nobody knows how it stood before.
        ("not_reached", "regressed", ""),
        ("not_reached", "unchanged", ""),
        ("not_reached", "progressing", ""),
        ("progressing", "not_reached", ""),
        ("regressed", "not_reached", ""),
        ("met", "not_reached", "down"),
        ("undetermined", "undetermined", ""),
        ("undetermined", "missed", ""),
    ],
)
def test_step_from_one_status_to_another(before, now, step):
    years = [{"plan": "a", "fiscal_year": year} for year in (2022, 2023)]
    kpis = [{"kpi": "指標", "status": status} for status in (before, now)]
    portfolio = by_hand(years, [year | kpi for year, kpi in zip(years, kpis, strict=True)])
    assert moves(portfolio)["step"].tolist() == [step]


def test_renamed_kpi_is_the_same_and_a_moved_target_no_improvement(trial_project, trial):
    make_reports(trial_project, [("kumamoto", 2022), ("kumamoto", 2023)])
    folder = trial_project / "reports/kumamoto/2022"
    rewrite(folder, {"made_up": True})
    moved = moves(collected()).set_index("kpi")
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
    kpis = collected().indicators
    ours = kpis[(kpis["plan"] == "made0001") & (kpis["fiscal_year"] == 2023)].set_index("kpi")
    theirs = evaluation.kpis.set_index("kpi")
    assert ours["status"].to_dict() == theirs["status"].to_dict()
    assert ours["achievement"].equals(theirs["achievement"])


def test_common_kpis_have_one_name_and_unit_and_their_achievements_are_those_of_plans():
    plans = [{"plan": plan, "fiscal_year": 2022} for plan in "abcde"]
    achieved = {"a": -5, "b": 10, "c": 30, "d": 1000, "e": None}
    portfolio = by_hand(
        plans,
        [
            *(
                plan | {"kpi": "指標", "status": "met", "achievement": achieved[plan["plan"]]}
                for plan in plans
            ),
            plans[0] | {"kpi": "単位", "unit": "%", "status": "met", "achievement": 1},
            plans[1] | {"kpi": "単位", "unit": "％", "status": "regressed", "achievement": -1},
            plans[2] | {"kpi": "単位", "unit": "人", "status": "met"},
            plans[3] | {"kpi": "単独", "status": "met"},
        ],
    )
    first, second = as_records(tables.common(portfolio))
    assert (first["指標"], first["計画の数"], first["達成"]) == ("指標", 5, 5)
    assert first["達成度"] == "−5%、10%、1,000%"
    assert (second["指標"], second["計画の数"]) == ("単位", 2)
    assert (second["達成"], second["後退"], second["達成度"]) == (1, 1, "−1%、1%")


def test_plans_to_look_at_are_ranked_by_errors_then_warnings_then_differing_figures():
    plans = {plan: {"plan": plan, "fiscal_year": 2022} for plan in "abcde"}
    found = {
        "a": [("note", "late-data")],
        "b": [("warning", "fragile-percentage")] * 2,
        "c": [("warning", "published-differs"), ("warning", "narrative-missing")],
        "d": [("error", "unreadable-cell"), ("note", "late-data")],
        "e": [("error", "x-of-a-later-version")] * 2,
    }
    portfolio = by_hand(
        plans.values(),
        findings=[
            plans[plan] | {"severity": severity, "code": code}
            for plan, codes in found.items()
            for severity, code in codes
        ],
    )
    table = tables.second_look(portfolio)
    assert list(table["計画"]) == ["e", "d", "c", "b"]
    assert list(table["理由"]) == [
        "x-of-a-later-version2",
        "読み取れないセル1",
        "公表値の不一致1、記載なし1",
        "不安定な割合2",
    ]
    assert list(table["数値の\n相違"]) == [0, 0, 1, 0]


def test_newest_report_of_a_plan_is_counted_or_that_of_the_year(project):
    shutil.rmtree(project / "reports/made0002/2023")
    counted = collected().counted
    assert list(counted["fiscal_year"]) == [2023, 2022, 2023]
    assert list(collected(2022).counted["fiscal_year"]) == [2022] * 3
    assert list(collected(2023).counted["plan"]) == ["made0001", "made0003"]
    with pytest.raises(KpiError, match="数えられる2030年度の報告書が1件もありません"):
        collected(2030)


def test_one_plan_of_one_year(project):
    for folder in list((project / "reports").glob("*/*")):
        if folder != project / "reports/made0002/2022":
            shutil.rmtree(folder)
    portfolio = collected()
    assert moves(portfolio).empty and tables.common(portfolio).empty
    assert tables.improved(portfolio).empty and tables.transitions(portfolio)["計"].sum() == 0
    text = "".join(page_texts(build_portfolio(portfolio, {})))
    assert "前の年度の報告書がある計画はない" in text
    assert "同じ名称及び単位の指標が複数の計画に載ってはいない" in text


# ---------------------------------------------------------------- what cannot be counted


def test_no_report_at_all(project):
    shutil.rmtree(project / "reports")
    with pytest.raises(KpiError, match="数えられる報告書が1件もありません。kpi batch で"):
        collected()
    assert "0計画の0件（報告書なし）" in index(collect())
    run = kpi("portfolio")
    assert run.returncode == 1 and run.stderr.startswith("エラー: reports/ に、")
    assert "Traceback" not in run.stderr and not (project / "reports").exists()


@pytest.mark.parametrize("year", ["2022", True, 2022.5, "令和4年度"])
@pytest.mark.usefixtures("project")
def test_year_that_is_none(year):
    with pytest.raises(KpiError, match="西暦の整数で指定"):
        collected(year)


def test_failed_run_is_listed_with_its_message_and_not_counted(project):
    told = "表<b>(1)</b>がありません。"
    runs = [
        Run("made0002", 2023, "failed", "x", error=told),
        Run("made0004", 2022, "failed", error="別の理由。"),
        Run("made0003", 2023, "waiting", "y"),
    ]
    write_runs(project / "reports", runs)
    portfolio = collected()
    assert list(portfolio.counted["fiscal_year"]) == [2023, 2022, 2022]
    stands = {(line["plan"], line["fiscal_year"]): line for line in tables.lines(portfolio)}
    assert len(stands) == 7
    assert stands["made0002", 2023]["error"] == told
    assert stands["made0004", 2022]["stand"] == "失敗"
    assert stands["made0003", 2023]["stand"] == "作成待ち"
    listed = index(portfolio)
    assert "表&lt;b&gt;(1)&lt;/b&gt;がありません。" in listed and "<b>(1)" not in listed
    # What was made before is still there to open, and said to be that.
    assert 'href="made0002/2023/evaluation.pdf"' in listed and "前に作ったものである" in listed
    assert "made0004/2022/" not in listed
    text = "".join(page_texts(build_portfolio(portfolio, {})))
    assert "ほかに、作れなかったか使えない報告書が2件ある。" in text and "別の理由。" in text


def test_report_made_since_the_batch_from_the_same_inputs_is_counted(project):
    folder = project / "reports/made0001/2023"
    rewrite(folder, {"input_hash": "x"})
    failed = Run("made0001", 2023, "failed", "x", error="時間の上限に達しました。")
    write_runs(project / "reports", [failed])
    assert list(collected().counted["fiscal_year"]) == [2023] * 3


def without_column(text: str, name: str) -> str:
    rows = list(csv.reader(text.split("\n")))
    place = rows[0].index(name)
    return "\n".join(",".join(row[:place] + row[place + 1 :]) for row in rows if row)


BROKEN = {
    "a column less": ("kpis.csv", lambda text: without_column(text, "stage"), "列 stage がない"),
    "no line": ("kpis.csv", lambda _: "", "列 section"),
    "a line cut off": ("kpis.csv", lambda text: text[: len(text) // 2], "kpis.csv"),
    "a quote that does not end": ("findings.csv", lambda text: text + '"', "unexpected end"),
    "a status of another version": ("kpis.csv", lambda t: t.replace("met,", "done,"), "done"),
    "an achievement in words": ("kpis.csv", lambda t: t.replace("progressing", "x"), "kpis.csv"),
    "a severity that is none": ("findings.csv", lambda t: t.replace(",note,", ",x,"), "findings"),
    "changes cut off": ("changes.csv", lambda text: text[:40], "changes.csv"),
    "no record": ("run.json", lambda _: "[", "run.json"),
    "a record of an earlier version": ("run.json", lambda _: '{"inputs": {}}', "run.json"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_report_that_cannot_be_read_is_listed_with_what_to_do(project, fault):
    name, broken, said = BROKEN[fault]
    path = project / "reports/made0002/2023" / name
    path.write_text(broken(path.read_text("utf-8-sig")), "utf-8", newline="")
    portfolio = collected()
    assert list(portfolio.counted["fiscal_year"]) == [2023, 2022, 2023]
    (line,) = [line for line in tables.lines(portfolio) if line["status"] == "unreadable"]
    assert said in line["error"]
    assert "kpi batch made0002 --years 2023 --force で作り直してください。" in line["error"]
    assert line["stand"] == "使えない" and sum(line["counts"].values()) == 0
    assert said in index(portfolio)


def test_command_that_makes_a_report_anew_can_be_copied_whatever_the_plans_name(project):
    (project / "reports/made0002").rename(project / "reports/old plan")
    (project / "reports/old plan/2023/kpis.csv").unlink()
    (line,) = [line for line in tables.lines(collected()) if line["status"] == "unreadable"]
    assert "kpi batch 'old plan' --years 2023 --force" in line["error"]


def test_table_that_is_missing_or_no_text(project):
    (project / "reports/made0001/2023/findings.csv").unlink()
    (project / "reports/made0002/2023/kpis.csv").write_bytes(b"\x83\xff\x00")
    errors = [line["error"] for line in tables.lines(collected()) if line["error"]]
    assert errors[0].startswith("findings.csv: ") and "kpis.csv" in errors[1]


# ---------------------------------------------------------------- what is made up


def test_made_up_plans_are_marked_in_every_line_and_on_every_page(project):
    portfolio = collected()
    assert portfolio.all_made_up
    for table in (tables.listing(portfolio), tables.improved(portfolio)):
        assert table["計画"].str.endswith("（架空のデータ）").all()
    with pdfplumber.open(BytesIO(build_portfolio(portfolio, {}))) as document:
        for page in document.pages:
            assert "架空のデータ" in page.crop((0, 0, page.width, 50)).extract_text()
    listed = index(portfolio)
    assert listed.count("架空のデータ</span>") == 6
    assert '<aside class="banner" aria-label="データについて">架空のデータ</aside>' in listed


def test_made_up_plans_are_listed_but_not_counted_beside_real_ones(project, evaluation):
    shutil.copytree(DATA / "kumamoto", project / "data/kumamoto")
    make_reports(project, [("kumamoto", 2022)])
    portfolio = collected()
    assert list(portfolio.counted["plan"]) == ["kumamoto"]
    assert tables.statuses(portfolio)["指標の数"].iloc[-1] == len(evaluation.kpis) == 13
    assert len(tables.listing(portfolio)) == 7
    with pdfplumber.open(BytesIO(build_portfolio(portfolio, {}))) as document:
        for page in document.pages:
            top = page.crop((0, 0, page.width, 50)).extract_text()
            has_lines = "架空第1市" in page.extract_text()
            assert ("架空のデータを含む" in top) or not has_lines
        assert "架空のデータ" not in document.pages[0].crop((0, 0, 595, 50)).extract_text()
        assert "架空のデータである報告書6件は、数えていない" in document.pages[0].extract_text()
    assert ">架空のデータを含む</aside>" in index(portfolio)


# ---------------------------------------------------------------- list and PDF


def test_names_with_characters_of_html_are_text(project):
    name = "a&b <i>#1?\"'"
    write_runs(project / "reports", [Run(name, 2022, "failed", error="<b>")])
    (project / "reports" / name / "2022").mkdir(parents=True)
    (project / "reports" / name / "2022/evaluation.pdf").touch()
    folder = project / "reports/made0001/2023"
    rewrite(folder, {"municipality": "<script>alert(1)</script>$x$ #a"})
    portfolio = collected()
    listed = index(portfolio)
    assert "<script>alert" not in listed and "<i>" not in listed
    assert 'href="a%26b%20%3Ci%3E%231%3F%22%27/2022/evaluation.pdf"' in listed
    text = "".join(page_texts(build_portfolio(portfolio, {})))
    assert "<script>alert(1)</script>$x$#a" in text


def test_character_that_no_font_has_does_not_stop_the_portfolio(project):
    failed = Run("made0009", 2022, "failed", error="\U0001f600 がある。")
    write_runs(project / "reports", [failed])
    with pdfplumber.open(BytesIO(build_portfolio(collected(), {}))) as document:
        assert any("〓 がある" in page.extract_text() for page in document.pages)


def test_list_leads_to_every_report(project):
    (project / "reports/made0001/2023/evaluation.xlsx").unlink()
    assert write_index(collect()) == "reports/index.html"
    listed = (project / "reports/index.html").read_text("utf-8")
    assert listed == index(collect())
    for plan in PLANS:
        for year in YEARS:
            for ending in ("html", "pdf", "xlsx"):
                is_there = (project / f"reports/{plan}/{year}/evaluation.{ending}").exists()
                assert (f'href="{plan}/{year}/evaluation.{ending}"' in listed) == is_there
    assert listed.count("evaluation.xlsx") == len(PLANS) * len(YEARS) - 1
    assert "portfolio.pdf" not in listed
    assert list((project / "reports").glob(".*")) == []


def test_list_of_a_thousand_reports_is_made_at_once():
    reports = [
        {"plan": f"p{plan:03}", "fiscal_year": year, "files": "evaluation.html/evaluation.pdf"}
        for plan in range(200)
        for year in range(2020, 2025)
    ]
    kpis = [
        {**{name: one[name] for name in ("plan", "fiscal_year")}, "kpi": kpi, "status": "met"}
        for one in reports
        for kpi in "abcdefghij"
    ]
    portfolio = by_hand(reports, kpis)
    started = time.perf_counter()
    listed = index(portfolio)
    assert time.perf_counter() - started < 5
    assert listed.count("<tr data-plan") == 1000 and len(listed) < 2_000_000


@pytest.fixture(scope="module")
def pdf(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made[0])
        return build_portfolio(collected(), {"kpis.csv": b"a\r\n"})


def test_same_reports_same_bytes(project, pdf):
    assert build_portfolio(collected(), {"kpis.csv": b"a\r\n"}) == pdf
    assert index(collect()) == index(collect())


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_standard(tmp_path, pdf, profile):
    (tmp_path / "portfolio.pdf").write_bytes(pdf)
    checked = validation.validate_pdf(str(tmp_path / "portfolio.pdf"), profile=profile)
    # The validator misreads the widths of CID-keyed CFF fonts (see test_report).
    failed = [rule.rule_id for rule in checked.failures if "GLYPH-WIDTH-001" not in rule.rule_id]
    assert failed == [] and checked.rules.total > 100


def test_nothing_lies_off_the_page(pdf):
    with pdfplumber.open(BytesIO(pdf)) as document:
        for page in document.pages:
            for char in page.chars:
                assert char["x0"] > 40 and char["x1"] < page.width - 40, char["text"]


def test_counted_kpis_lead_back_to_their_cells(project, made):
    assert export_portfolio(collected()) == (
        "reports/portfolio/ に portfolio.pdf、kpis.csv、run.json を書き出しました。"
    )
    with (project / "reports/portfolio/kpis.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    dictionary = (ROOT / "data/README.md").read_text("utf-8").partition("### `portfolio`")[2]
    assert re.findall(r"^\| `(\w+)` \|", dictionary, re.MULTILINE) == list(lines[0])
    assert len(lines) == 42 and {line["made_up"] for line in lines} == {"True"}
    for line in lines:
        kpis = made[1][line["plan"], int(line["fiscal_year"])].kpis.set_index("kpi")
        assert line["source"] == kpis.loc[line["kpi"], "source"]
        before = made[1][line["plan"], int(line["fiscal_year_before"])].kpis.set_index("kpi")
        assert line["status_before"] == before.loc[line["kpi"], "status"]
        assert line["source_before"] == before.loc[line["kpi"], "source"]


@pytest.mark.trial
def test_command_makes_notebook_pdf_and_list(project):
    run = subprocess.run([KPI, "portfolio"], capture_output=True, text=True, check=False)
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
    assert len(tables.lines(collect())) == 6
    before = {name: (folder / name).read_bytes() for name in files[:-1]}
    (folder / "メモ.txt").write_text("mine")
    command = [KPI, "portfolio", "--engine", "nbclient"]
    assert subprocess.run(command, check=False).returncode == 0
    assert {name: (folder / name).read_bytes() for name in files[:-1]} == before
    assert (folder / "メモ.txt").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.trial
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fiscal_yaer", "2022", "パラメーター fiscal_yaer は使えません"),
        ("fiscal_year", "令和4年度", "fiscal_year が '令和4年度' です"),
        ("fiscal_year", "2030", "数えられる2030年度の報告書が1件もありません"),
    ],
)
def test_plain_papermill_with_a_wrong_parameter(project, name, value, said):
    papermill = str(Path(KPI).with_name("papermill"))
    command = [papermill, "notebooks/portfolio.ipynb", "OUT.ipynb", "-p", name, value]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode != 0 and said in run.stderr
    assert not (project / "reports/portfolio").exists()
