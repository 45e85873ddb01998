"""KPIs of one name under two initiatives (method 2), in made-up sheets (架空のデータ)."""

import pandas as pd
import pytest
from conftest import findings_of

from kpi_utils import KpiError, compare, evaluate
from kpi_utils.comparing.portfolio import KPI
from kpi_utils.plan import Plan, read_plan
from kpi_utils.report.content import content
from kpi_utils.running.collection import kpis_of_rows
from kpi_utils.running.exports import kpis_csv
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.questions import questions
from kpi_utils.words import JAPANESE

TOWN = '[plan]\nmunicipality = "試験市"\nname = "試験計画"\n'
HEAD = "No\t取組名\t指標名\t当初値\t2022年\t2023年\t2024年(目標値)\t達成度 (%)"
NAME = "講座の参加者数"
HEALTH = f"①健康づくり\t{NAME}\t2020年度 100 人\t2022年度 150 人\t\t2024年 200 人\t50%"
SAFETY = f"②防災\t{NAME} 【11.5】\t2020年度 40 人\t2022年度 30 人\t\t2024年 80 人\t-25%"
# NFKC makes ① a 1.
OF_HEALTH, OF_SAFETY = f"{NAME}(1健康づくり)", f"{NAME}(2防災)"


@pytest.fixture
def judged(tmp_path):
    """Judge a sheet of one or more tables of rows, with what plan.toml declares."""

    def judge_it(*tables, declared="", fiscal_year=2022, language="ja"):
        lines = ["## 試験市 試験計画（架空のデータ）"]
        for section, rows in enumerate(tables, 1):
            lines += [f"## ({section}) 架空の表", HEAD]
            lines += [f"{no}\t{row}" for no, row in enumerate(rows, 1)]
        (tmp_path / "plan.toml").write_text(TOWN + declared, "utf-8")
        path = tmp_path / f"{fiscal_year}.txt"
        path.write_text("\n".join(lines), "utf-8")
        plan = read_plan(tmp_path / "plan.toml")
        return evaluate(read_sheet(path, plan, fiscal_year, language=language))

    return judge_it


@pytest.mark.parametrize("mark", ["【再掲】", "（再掲）", "［再掲］", " ※再掲", " 再掲"])
def test_relisting_is_marked_in_any_brackets(judged, mark):
    again = SAFETY.replace(" 【11.5】", mark)
    evaluation = judged([HEALTH, again])
    assert evaluation.rows["relisted"].tolist() == [False, True]
    assert evaluation.kpis["relistings_differ"].tolist() == [True]


def declared(**items):
    texts = {
        key: f'"{value}"' if isinstance(value, str) else str(value).lower()
        for key, value in items.items()
    }
    said = "".join(f"{key} = {text}\n" for key, text in texts.items())
    return f"\n[[kpi]]\n{said}reason = '架空の理由'\n"


def of(evaluation):
    """Each KPI with its rows and achievement."""
    kpis = evaluation.kpis
    return {row.Index: (JAPANESE.rows(row.listings), row.achievement) for row in kpis.itertuples()}


def codes(evaluation):
    return set(evaluation.findings["code"]) - {"narrative-missing"}


TWO = {OF_HEALTH: ("(1)No.1", 50), OF_SAFETY: ("(1)No.2", -25)}


def test_one_name_under_two_initiatives_with_other_figures_is_two_kpis(judged):
    evaluation = judged([HEALTH, SAFETY])
    assert of(evaluation) == TWO
    found = findings_of(evaluation, "same-name")
    assert set(found["severity"]) == {"note"}
    assert found["rows"].tolist() == ["(1)No.1", "(1)No.2"]
    assert all("(1)No.1、(1)No.2" in message for message in found["message"])
    assert "relisting-differs" not in codes(evaluation)


def under(initiative, row=HEALTH):
    """The row under another initiative."""
    return row.replace(row.partition("\t")[0], initiative, 1)


OTHER = "②防災\t別の指標\t2020年度 1 件\t2022年度 2 件\t\t2024年 3 件\t50%"


def test_initiative_in_the_row_above_holds(judged):
    assert OF_SAFETY in of(judged([HEALTH, OTHER, under("", SAFETY)]))


@pytest.mark.parametrize(
    "other",
    [
        under("②防災"),
        # The same figures in another spelling, and one that is not reported in one of the rows.
        under("②防災").replace("2020年度 100 人", "2020年度 １００人"),
        under("②防災").replace("2022年度 150 人", "集計中"),
        # Marked as a relisting.
        SAFETY.replace(NAME, f"{NAME}【再掲】"),
        # The same initiative, or none.
        under("① 健康づくり", SAFETY),
        under("", SAFETY),
    ],
    ids=["same figures", "spelling", "not reported", "marked", "one initiative", "none"],
)
def test_these_are_one_kpi_listed_twice(judged, other):
    evaluation = judged([HEALTH, other])
    assert list(of(evaluation)) == [NAME]
    assert "same-name" not in codes(evaluation)


@pytest.mark.parametrize(
    "tables",
    [([under(""), SAFETY],), ([HEALTH], [SAFETY])],
    ids=["one without an initiative", "rows of two tables"],
)
def test_these_are_one_kpi_and_asked_about(judged, tables):
    evaluation = judged(*tables)
    assert list(of(evaluation)) == [NAME]
    assert "relisting-differs" in codes(evaluation)


@pytest.mark.parametrize(
    ("row", "kpi"),
    [
        (under(""), OF_HEALTH),
        (under("③その他", SAFETY), OF_SAFETY),
        (under("③その他", SAFETY).replace(NAME, f"{NAME}【再掲】"), OF_SAFETY),
        (SAFETY.replace("30 人", "31 人"), OF_SAFETY),
        (under("", SAFETY).replace("30 人", "31 人"), OF_HEALTH),
    ],
    ids=["its figures", "other initiative", "marked", "its initiative", "neither"],
)
def test_listing_in_another_table_belongs_to_one_of_the_two(judged, row, kpi):
    evaluation = judged([HEALTH, SAFETY], [row])
    assert set(of(evaluation)) == {OF_HEALTH, OF_SAFETY}
    assert "(2)No.1" in of(evaluation)[kpi][0]
    assert ("relisting-differs" in codes(evaluation)) == ("31 人" in row)


# -- What plan.toml says of it.


@pytest.mark.parametrize(
    ("others", "said", "kpis", "code", "missing"),
    [
        # Three, of which two have the same figures.
        ([SAFETY, under("③学び")], {}, {OF_HEALTH: ("(1)No.1、3", 50)}, "same-name", ""),
        # Declared the same, they are relistings that differ; or the same as one of two.
        (
            [SAFETY],
            {"initiative": "②防災", "same_as": NAME},
            {NAME: ("(1)No.1、2", None)},
            "relisting-differs",
            "same-name",
        ),
        (
            [SAFETY, under("③学び").replace("150 人", "190 人")],
            {"initiative": "③学び", "same_as": f"{NAME}（②防災）"},
            {OF_HEALTH: ("(1)No.1", 50), OF_SAFETY: ("(1)No.2、3", None)},
            "relisting-differs",
            "",
        ),
        # Declared apart, they are not asked about, though the figures may be the same.
        ([SAFETY], {"initiative": "②防災", "apart": True}, TWO, "", "same-name"),
        (
            [under("②防災")],
            {"initiative": "②防災", "apart": True},
            {OF_HEALTH: ("(1)No.1", 50), OF_SAFETY: ("(1)No.2", 50)},
            "",
            "relisting-unmarked",
        ),
    ],
)
def test_what_plan_toml_declares_of_them(judged, others, said, kpis, code, missing):
    toml = declared(name=NAME, **said) if said else ""
    evaluation = judged([HEALTH, *others], declared=toml)
    figures = {
        kpi: (rows, None if pd.isna(achievement) else achievement)
        for kpi, (rows, achievement) in of(evaluation).items()
    }
    assert kpis.items() <= figures.items()
    assert code in {"", *codes(evaluation)} and missing not in codes(evaluation)


@pytest.mark.parametrize(
    "address",
    [
        {"name": NAME, "initiative": "②防災"},
        {"name": f"{NAME}　【11.5】", "initiative": "② 防災"},
        {"name": f"{NAME}（②防災）"},
    ],
)
def test_declaration_of_one_of_two_is_not_of_the_other(judged, address):
    evaluation = judged([HEALTH, SAFETY], declared=declared(**address, direction="decrease"))
    directions = evaluation.kpis["direction"]
    assert directions.to_dict() == {OF_HEALTH: "increase", OF_SAFETY: "decrease"}


def test_declaration_by_the_name_alone_holds_for_both(judged):
    both = declared(name=NAME, direction="decrease")
    evaluation = judged([HEALTH, SAFETY], declared=both)
    assert set(evaluation.kpis["direction"]) == {"decrease"}


def test_declaration_by_initiative_holds_where_there_is_only_one(judged):
    one = declared(name=NAME, initiative="①健康づくり", direction="decrease")
    evaluation = judged([HEALTH], declared=one)
    assert evaluation.kpis["direction"].tolist() == ["decrease"]


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ({"initiative": 1, "apart": True}, "initiative"),
        ({"initiative": "②防災", "apart": "yes"}, "apart"),
        ({"initiative": "②防災", "name": "", "apart": True}, "name が文字列で"),
        ({"initiative": "②防災"}, "何も宣言されていません"),
        ({"initiative": "②防災", "apart": True, "same_as": NAME}, "same_as のほか"),
        ({"initiative": "②防災", "same_as": f"{NAME}（②防災）"}, "自らの名前"),
    ],
)
def test_mistake_in_a_declaration_is_named(judged, items, named):
    with pytest.raises(KpiError, match=rf"plan.toml 5行目.*{named}"):
        judged([HEALTH, SAFETY], declared=declared(**({"name": NAME} | items)))


@pytest.mark.parametrize(
    ("items", "said"),
    [
        # The target lies above the baseline; no row has the initiative; none is named.
        ({"initiative": "②防災", "direction": "increase"}, "なくても判定が同じ"),
        ({"initiative": "②防さい", "apart": True}, f"「{NAME}（②防災）」のことか"),
        ({"apart": True}, "なくても判定が同じ"),
    ],
)
def test_idle_declaration_of_one_of_two_is_noted(town, items, said):
    lines = ["## 試験市 試験計画（架空のデータ）", HEAD, f"1\t{HEALTH}", f"2\t{SAFETY}"]
    sheet = town("\n".join(lines), TOWN + declared(name=NAME, **items))
    (message,) = findings_of(evaluate(sheet), "declaration-unused")["message"]
    assert said in message


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


def test_labels_tell_them_apart(judged):
    evaluation = judged([HEALTH, SAFETY])
    labels = [f"{NAME}（①健康づくり）", f"{NAME}（②防災）"]
    assert evaluation.kpis["label"].tolist() == labels
    words = content(evaluation, None, {}).words
    assert {card["label"] for card in words["cards"]} == set(labels)
    assert all(any(label in card["sentence"] for label in labels) for card in words["cards"])


def test_labels_are_translated_by_their_parts(judged):
    english = f'[english]\n"{NAME}" = "Participants"\n"②防災" = "Disaster prevention"\n'
    labels = judged([HEALTH, SAFETY], declared=english, language="en").kpis["label"].tolist()
    assert labels[1] == "Participants (Disaster prevention)"


def test_portfolio_tells_them_apart(judged):
    rows = kpis_csv(judged([HEALTH, SAFETY]).rows).astype(str)
    no_findings = pd.DataFrame(columns=[*KPI, "code"])
    kpis = kpis_of_rows(rows.assign(plan="a", fiscal_year=2022), no_findings)
    assert kpis["label"].tolist() == [f"{NAME}(1健康づくり)", f"{NAME}(2防災)"]


# -- Two years.

LATER_HEALTH = HEALTH.replace("\t\t", "\t2023年度 180 人\t").replace("50%", "80%")
LATER_SAFETY = SAFETY.replace("\t\t", "\t2023年度 60 人\t").replace("-25%", "50%")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([HEALTH, SAFETY], [LATER_SAFETY, LATER_HEALTH]),
        # Only one of the years has two of them.
        ([HEALTH], [LATER_HEALTH, LATER_SAFETY]),
        ([HEALTH, SAFETY], [LATER_HEALTH]),
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
    assert not told & {"renamed", "actual-restated", "baseline-restated", "target-moved"}


def test_changes_name_them_by_their_initiatives(judged):
    changes = compare(judged([HEALTH]), judged([LATER_HEALTH, LATER_SAFETY], fiscal_year=2023))
    (new,) = changes.changes[changes.changes["code"] == "new"].itertuples()
    assert new.name == f"{NAME}（②防災）"


def test_plan_without_a_sheet_tells_nothing_apart():
    assert Plan("shiken", "試験市", "試験計画").named(NAME, NAME) == NAME
