"""KPIs of one name under two initiatives (method 2), in made-up sheets (架空のデータ)."""

import json

import pandas as pd
import pytest
from conftest import PLAN, findings_of, report_of

from kpi_utils import KpiError, compare, evaluate
from kpi_utils.comparing.portfolio import KPI
from kpi_utils.plan import read_plan
from kpi_utils.running.collection import kpis_of_rows
from kpi_utils.running.exports import kpis_csv
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.change_tables import changes_csv
from kpi_utils.showing.entries import questions
from kpi_utils.words import JAPANESE

HEAD = "No\t取組名\t指標名\t当初値\t2022年\t2023年\t2024年(目標値)\t達成度 (%)"
NAME = "講座の参加者数"
HEALTH = f"①健康づくり\t{NAME}\t2020年度 100 人\t2022年度 150 人\t\t2024年 200 人\t50%"
SAFETY = f"②防災\t{NAME} 【11.5】\t2020年度 40 人\t2022年度 30 人\t\t2024年 80 人\t-25%"
BOTH = [HEALTH, SAFETY]
# NFKC makes ① a 1.
OF_HEALTH, OF_SAFETY = f"{NAME}(1健康づくり)", f"{NAME}(2防災)"


@pytest.fixture
def judged(tmp_path):
    """Judge a sheet of one or more tables of rows, with what plan.toml declares."""

    def judge_it(*tables, declared="", fiscal_year=2022, language="ja", head=HEAD):
        lines = ["## 試験市 試験計画（架空のデータ）"]
        for section, rows in enumerate(tables, 1):
            lines += [f"## ({section}) 架空の表", head]
            lines += [f"{no}\t{row}" for no, row in enumerate(rows, 1)]
        (tmp_path / "plan.toml").write_text(PLAN + declared, "utf-8")
        path = tmp_path / f"{fiscal_year}.txt"
        path.write_text("\n".join(lines), "utf-8")
        plan = read_plan(tmp_path / "plan.toml")
        return evaluate(read_sheet(path, plan, fiscal_year, language=language))

    return judge_it


@pytest.mark.parametrize(
    ("mark", "remark", "is_relisted"),
    [
        *((mark, "", True) for mark in ("【再掲】", "（再掲）", "［再掲］", " ※再掲", " 再掲")),
        *(("", remark, True) for remark in ("再掲", "（再掲）", "No.1の再掲")),
        *(("", remark, False) for remark in ("再掲分を除く", "非再掲", "")),
    ],
)
def test_relisting_is_marked_in_any_brackets_or_by_a_remark(judged, mark, remark, is_relisted):
    again = SAFETY.replace(" 【11.5】", mark)
    evaluation = judged([f"{HEALTH}\t", f"{again}\t{remark}"], head=f"{HEAD}\t備考")
    assert evaluation.rows["relisted"].tolist() == [False, is_relisted]
    assert evaluation.kpis["relistings_differ"].any() == is_relisted


def declared(**items):
    """What plan.toml says of a KPI; its texts and truths are written as in JSON."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in items.items()]
    return f"\n[[kpi]]\n{''.join(lines)}reason = '架空の理由'\n"


def under(initiative, row=HEALTH):
    """The row under another initiative."""
    return row.replace(row.partition("\t")[0], initiative, 1)


AGAIN, TWICE, OTHER = under("②防災"), under("③その他", SAFETY), under("③学び")
LIMIT = HEALTH.replace("200 人\t50%", "150 人以")
TWO, DIFFERS, UNMARKED = "same-name", "relisting-differs", "relisting-unmarked"


def of(evaluation):
    """The rows of each KPI, and what is told of rows of one name."""
    rows = evaluation.kpis["listings"].map(JAPANESE.rows)
    return rows.to_dict(), {TWO, DIFFERS, UNMARKED} & {*evaluation.findings["code"]}


def test_one_name_under_two_initiatives_with_other_figures_is_two_kpis(judged):
    evaluation = judged(BOTH)
    assert of(evaluation) == ({OF_HEALTH: "(1)No.1", OF_SAFETY: "(1)No.2"}, {TWO})
    assert evaluation.kpis["achievement"].tolist() == [50, -25]
    found = findings_of(evaluation, "same-name")
    assert set(found["severity"]) == {"note"}
    assert found["rows"].tolist() == ["(1)No.1", "(1)No.2"]
    assert all("(1)No.1、(1)No.2" in message for message in found["message"])


def test_initiative_in_the_row_above_holds(judged):
    other = "②防災\t別の指標\t2020年度 1 件\t2022年度 2 件\t\t2024年 3 件\t50%"
    assert OF_SAFETY in judged([HEALTH, other, under("", SAFETY)]).kpis.index


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        # The same figures, also in another spelling; one that is not reported in one of the rows.
        ([[HEALTH, AGAIN]], {UNMARKED}),
        ([[HEALTH, AGAIN.replace("2020年度 100 人", "2020年度 １００人")]], {UNMARKED}),
        ([[HEALTH, AGAIN.replace("2022年度 150 人", "集計中")]], {UNMARKED, DIFFERS}),
        # Marked as a relisting; of the same initiative, which stands once, or of none; in another
        # table.
        ([[HEALTH, SAFETY.replace(NAME, f"{NAME}【再掲】")]], {DIFFERS}),
        ([[HEALTH, under("① 健康づくり", SAFETY)]], {UNMARKED, DIFFERS}),
        ([[HEALTH, under("", SAFETY)]], {UNMARKED, DIFFERS}),
        ([[under(""), SAFETY]], {UNMARKED, DIFFERS}),
        ([[HEALTH], [SAFETY]], {UNMARKED, DIFFERS}),
        ([[f"{LIMIT}上\t"], [f"{LIMIT}下\t"]], {UNMARKED, DIFFERS}),
    ],
)
def test_these_are_one_kpi_listed_twice(judged, tables, told):
    kpis, found = of(judged(*tables))
    assert (list(kpis), found) == ([NAME], told)


@pytest.mark.parametrize(
    ("row", "kpi", "told"),
    [
        # By its figures, its initiative, or neither.
        (under(""), OF_HEALTH, {TWO, UNMARKED}),
        (TWICE, OF_SAFETY, {TWO, UNMARKED}),
        (TWICE.replace(NAME, f"{NAME}【再掲】"), OF_SAFETY, {TWO}),
        (SAFETY.replace("30 人", "31 人"), OF_SAFETY, {TWO, UNMARKED, DIFFERS}),
        (under("", SAFETY).replace("30 人", "31 人"), OF_HEALTH, {TWO, UNMARKED, DIFFERS}),
    ],
)
def test_listing_in_another_table_belongs_to_one_of_the_two(judged, row, kpi, told):
    kpis, found = of(judged(BOTH, [row]))
    assert list(kpis) == [OF_HEALTH, OF_SAFETY]
    assert (kpis[kpi].endswith("(2)No.1"), found) == (True, told)


# -- What plan.toml says of it.


@pytest.mark.parametrize(
    ("others", "said", "rows", "told"),
    [
        # Of three, two have the same figures.
        ([SAFETY, OTHER], {}, ["(1)No.1、3", "(1)No.2"], {TWO, UNMARKED}),
        # Declared the same, they are relistings that differ; or the same as one of two.
        ([SAFETY], {"initiative": "②防災", "same_as": NAME}, ["(1)No.1、2"], {DIFFERS, UNMARKED}),
        (
            [SAFETY, OTHER.replace("150 人", "190 人")],
            {"initiative": "③学び", "same_as": f"{NAME}（②防災）"},
            ["(1)No.1", "(1)No.2、3"],
            {TWO, DIFFERS, UNMARKED},
        ),
        # Declared apart, they are not asked about, though the figures may be the same.
        ([SAFETY], {"initiative": "②防災", "apart": True}, ["(1)No.1", "(1)No.2"], set()),
        ([AGAIN], {"initiative": "②防災", "apart": True}, ["(1)No.1", "(1)No.2"], set()),
    ],
)
def test_what_plan_toml_declares_of_them(judged, others, said, rows, told):
    toml = declared(name=NAME, **said) if said else ""
    kpis, found = of(judged([HEALTH, *others], declared=toml))
    assert (list(kpis.values()), found) == (rows, told)


@pytest.mark.parametrize(
    ("address", "rows", "directions"),
    [
        ({"initiative": "②防災"}, BOTH, ["increase", "decrease"]),
        ({"name": f"{NAME}　【11.5】", "initiative": "② 防災"}, BOTH, ["increase", "decrease"]),
        ({"name": f"{NAME}（②防災）"}, BOTH, ["increase", "decrease"]),
        # By the name alone it is of both.
        ({}, BOTH, ["decrease", "decrease"]),
        ({"initiative": "①健康づくり"}, [HEALTH], ["decrease"]),
    ],
)
def test_declaration_of_one_of_two_is_not_of_the_other(judged, address, rows, directions):
    toml = declared(**({"name": NAME} | address), direction="decrease")
    evaluation = judged(rows, declared=toml)
    assert evaluation.kpis["direction"].tolist() == directions
    told = findings_of(evaluation, "same-name")["message"]
    assert [*told.str.contains("その名前だけの宣言を")] == [not address] * len(told)


def test_two_declarations_of_one_kpi_are_asked_about(judged):
    text = "".join(
        declared(name=NAME, initiative=initiative, direction=direction)
        for initiative, direction in (("①健康づくり", "increase"), ("②防災", "decrease"))
    )
    with pytest.raises(KpiError, match=r"11行目.*（5行目）が、2022年度のシートでは1つの指標"):
        judged([HEALTH, AGAIN], declared=text)


@pytest.mark.parametrize(
    ("declarations", "said"),
    [
        # No row has the initiative.
        ([{"initiative": "②防さい", "apart": True}], f"「{NAME}（②防災）」のことか"),
        ([{"initiative": "②防災", "direction": "increase"}, {"direction": "decrease"}], ""),
    ],
)
def test_idle_declaration_of_one_of_two_is_noted(town, declarations, said):
    lines = ["## 試験市 試験計画（架空のデータ）", HEAD, f"1\t{HEALTH}", f"2\t{SAFETY}"]
    text = PLAN + "".join(declared(name=NAME, **items) for items in declarations)
    found = findings_of(evaluate(town("\n".join(lines), text)), "declaration-unused")["message"]
    assert len(found) == bool(said) and said in "".join(found)


def test_lines_that_are_asked_for_name_the_one_that_is_meant(judged):
    """The target lies below the baseline, and nothing says that less is better."""
    unclear = SAFETY.replace("2024年 80 人", "2024年 20 人").replace("-25%", "")
    evaluation = judged([HEALTH, unclear])
    (asked,) = findings_of(evaluation, "direction-unclear").itertuples()
    assert f'name = "{NAME}（②防災）"' in asked.message
    lines = "\n".join(questions(evaluation)).replace('= ""', '= "decrease"')
    assert set(judged([HEALTH, unclear], declared=lines).kpis["direction"]) == {
        "increase",
        "decrease",
    }


# -- What a reader sees.


def test_labels_tell_them_apart_and_are_translated_by_their_parts(judged):
    evaluation = judged(BOTH)
    labels = [f"{NAME}（①健康づくり）", f"{NAME}（②防災）"]
    assert evaluation.kpis["label"].tolist() == labels
    words = report_of(evaluation).chapters
    assert {card["label"] for card in words["cards"]} == set(labels)
    assert all(any(label in card["sentence"] for label in labels) for card in words["cards"])
    english = f'[english]\n"{NAME}" = "Participants"\n"②防災" = "Disaster prevention"\n'
    labels = judged(BOTH, declared=english, language="en").kpis["label"].tolist()
    assert labels[1] == "Participants (Disaster prevention)"


def test_portfolio_tells_them_apart(judged):
    rows = kpis_csv(judged(BOTH).rows).astype(str)
    no_findings = pd.DataFrame(columns=[*KPI, "code"])
    kpis = kpis_of_rows(rows.assign(plan="a", fiscal_year=2022), no_findings)
    assert kpis["label"].tolist() == [f"{NAME}(1健康づくり)", f"{NAME}(2防災)"]


# -- Two years.

LATER_HEALTH = HEALTH.replace("\t\t", "\t2023年度 180 人\t").replace("50%", "80%")
LATER_AGAIN = under("②防災", LATER_HEALTH)
LATER_SAFETY = SAFETY.replace("\t\t", "\t2023年度 60 人\t").replace("-25%", "50%")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BOTH, [LATER_SAFETY, LATER_HEALTH]),
        # Only one of the years has two of them.
        ([HEALTH], [LATER_HEALTH, LATER_SAFETY]),
        (BOTH, [LATER_HEALTH]),
    ],
    ids=["both", "one before", "one after"],
)
def test_two_years_match_them_by_their_initiatives(judged, before, after):
    changes = compare(judged(before), judged(after, fiscal_year=2023))
    paths = changes.paths[changes.paths["role"] == "actual"]
    health = next(kpi for kpi in changes.after.kpis.index if kpi in (NAME, OF_HEALTH))
    cells = paths[paths["kpi"] == health].set_index("column_year")
    assert cells["raw_before"].loc[2022:2023].tolist() == ["2022年度 150 人", ""]
    assert cells["raw_after"].loc[2022:2023].tolist() == ["2022年度 150 人", "2023年度 180 人"]
    told = set(changes.changes["code"])
    assert not told & {"actual-restated", "baseline-restated", "target-moved"}
    # Where it is called otherwise than before, a portfolio finds it by that.
    assert ("paired-by-initiative" in told) == (health not in changes.same.values())


@pytest.mark.parametrize(
    ("before", "after", "code", "severity", "message"),
    [
        ([HEALTH], [LATER_HEALTH, LATER_SAFETY], "new", "note", "同じ指標がない"),
        # A row that was one KPI with another of its name, or has become it, is listed in both.
        ([HEALTH, AGAIN], [LATER_HEALTH, AGAIN], "new", "warning", "更新漏れ"),
        (BOTH, [LATER_HEALTH, LATER_AGAIN], "dropped", "warning", "写し誤り"),
    ],
)
def test_changes_name_them_by_their_initiatives(judged, before, after, code, severity, message):
    changes = changes_csv(compare(judged(before), judged(after, fiscal_year=2023)), JAPANESE)
    (change,) = changes[changes["code"].isin(["new", "dropped"])].itertuples()
    assert change.name == f"{NAME}（②防災）"
    assert (change.code, change.severity) == (code, severity) and message in change.message
