"""What a cell leaves out and its row or sheet says: units, eras, sums. All sheets are made up."""

import pandas as pd
import pytest

from kpi_utils.cells.notation import identity
from kpi_utils.errors import KpiError
from kpi_utils.judging.judgement import judge
from kpi_utils.plan import Declaration, Plan, read_plan
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.words import JAPANESE

TABLE = """\
## 試験市 試験計画（架空のデータ）

No	指標名	{baseline_head}	{actual_head}	{target_head}	達成度 (%)
1	{name}	{baseline}	{actual}	{target}	{published}
{note}
"""


@pytest.fixture
def sheet_of(tmp_path):
    """A sheet of one row; ``declared`` is what plan.toml says of it, ``era`` of its years."""

    def read(baseline, actual, target, *, fiscal_year=2022, era="", declared=None, **others):
        name = others.setdefault("name", "架空の指標")
        cells = {
            "baseline": baseline,
            "actual": actual,
            "target": target,
            "baseline_head": "当初値",
            "actual_head": f"{fiscal_year}年",
            "target_head": "目標値",
            "published": "",
            "note": "",
        }
        (tmp_path / "sheet.txt").write_text(TABLE.format(**cells | others), "utf-8")
        said = {identity(name): Declaration(name, "架空の理由", **declared)} if declared else {}
        plan = Plan("shiken", "試験市", "試験計画", said, era=era)
        return read_sheet(tmp_path / "sheet.txt", plan, fiscal_year)

    return read


@pytest.fixture
def judged(sheet_of):
    """The judgement of such a row, as a dictionary of its columns, and why cells are unread."""

    def judge_it(*cells, **others):
        sheet = sheet_of(*cells, **others)
        row = judge(sheet.rows(), sheet.plan).iloc[0].to_dict()
        told = " ".join(JAPANESE.render(cell.why) for cell in sheet.unreadable())
        return row | {"told": told, "note": JAPANESE.render(row["note"]) or ""}

    return judge_it


def figures(row):
    years = [row[f"{role}_year"] for role in ("baseline", "actual", "target")]
    achievement = None if pd.isna(row["achievement"]) else row["achievement"]
    return [None if pd.isna(year) else year for year in years], achievement, row["status"]


# -- A number without a unit has its row's.


@pytest.mark.parametrize(
    ("cells", "unit", "achievement"),
    [
        (("0 人", "350 人", "毎年300以上"), "人", 117),
        (("10", "12 件", "20 件"), "件", 20),
        (("10 件", "12", "20"), "件", 20),
        (("10", "12", "20件"), "件", 20),
        (("57.10%", "69.50", "93.00"), "%", 35),
        (("50", "55％", "60"), "％", 50),
        (("0", "0.4%", "0.8%"), "%", 50),
        (("18.2 人口10万対", "17.0", "15.0 人口10万対以下"), "人口10万対", 38),
        (("¥1,200", "1,300円", "¥2千"), "¥", 13),
        (("1,250千人", "1,300", "1,500"), "千人", 20),
    ],
)
def test_number_without_a_unit_has_that_of_its_row(judged, cells, unit, achievement):
    row = judged(*cells)
    assert (row["unit"], row["achievement"]) == (unit, achievement)


def test_unit_of_a_row_without_a_baseline_is_that_of_its_actual(sheet_of):
    sheet = sheet_of("－", "36 人", "60")
    assert tuple(sheet.rows().iloc[0][["unit", "target_unit"]]) == ("人", "人")


@pytest.mark.parametrize(
    "cells",
    [
        ("50%", "0.57", "60%"),
        ("0.5", "0.57", "60%"),
        ("1,234", "1,100", "30%"),
        ("1,234", "1,100", "46％削減"),
        ("31/34島", "32", "34/34島"),
        ("10 件", "12 人", "20"),
        ("$1,200", "1,300円", "2,000"),
    ],
)
def test_number_that_cannot_be_of_its_rows_unit_is_not_compared(judged, cells):
    row = judged(*cells, declared={"direction": "decrease"})
    assert row["status"] == "undetermined" and "単位の不一致" in row["note"]


# -- Years without an era.


@pytest.mark.parametrize(
    ("cells", "sheet", "years"),
    [
        # What the years of the columns leave possible.
        (("12件(19年度)", "20件(21年度)", "30件(26年度)"), {"fiscal_year": 2009}, [2007, 2009, 2014]),  # noqa: E501
        (("12件", "4年度 20件", "30件（12年度）"), {}, [None, 2022, 2030]),
        (("12件（2019年度）", "20件（3年度）", "30件"), {}, [2019, 2021, None]),
        (("12件（元年度）", "20件（3年度）", "30件"), {}, [2019, 2021, None]),
        (("12件（30年度）", "20件（2年度）", "30件"), {"fiscal_year": 2020}, [2018, 2020, None]),
        # Of several the era that the sheet names.
        (("12件（19年度）", "20件", "30件"), {"note": "平成20年に始めた。"}, [2007, 2022, None]),
        (("12件（19年度）", "20件", "30件"), {"actual_head": "R4年度"}, None),
        (("12件（19年度）", "20件", "30件"), {"actual_head": "R4年度", "era": "平成"}, [2007, 2022, None]),  # noqa: E501
        (("12件（19年度）", "20件", "30件"), {"actual_head": "R4年度", "era": "西暦"}, [2019, 2022, None]),  # noqa: E501
        (("17年度 12件", "28年度 20件", "29年度 30件"), {"fiscal_year": 2017}, [2005, 2016, 2017]),
        # None is possible.
        (("12件（45年度）", "20件", "30件"), {}, None),
    ],
)  # fmt: skip
def test_year_without_its_era_is_that_of_its_sheet_or_told(judged, cells, sheet, years):
    row = judged(*cells, **sheet)
    if years:
        assert figures(row)[0] == years
        assert row["status"] == "progressing"
    else:
        assert row["status"] == "undetermined" and pd.isna(row["baseline"])
        assert "元号がなく" in row["told"] and "plan.toml" in row["told"]


def test_declared_era_that_cannot_be_is_told(judged):
    row = judged("12件（2019年度）", "20件（3年度）", "30件", era="平成")
    assert row["status"] == "undetermined" and "1991年度" in row["note"]


def test_period_without_its_era(sheet_of):
    cells = ("2.9万人(17〜23年度)", "0.8万人", "1.6万人(25〜29年度)")
    row = sheet_of(*cells, fiscal_year=2017, era="平成").rows().iloc[0]
    assert (row["baseline_year"], row["baseline_over"]) == (2011, "2005-2011")
    assert (row["target_year"], row["target_over"]) == (2017, "2013-2017")


@pytest.mark.parametrize(
    ("heads", "years"),
    [
        ({"target_head": "目標値（2020～2024年度累計）"}, (None, 2024)),
        ({"target_head": "目標値（R6～R8）"}, (None, 2026)),
        ({"target_head": "目標値 6年度"}, (None, 2024)),
        ({"target_head": "目標値（累計）"}, (None, None)),
        ({"actual_head": "2022年度実績（累計）"}, (None, None)),
        ({"target_head": "目標値（6～8年度）"}, (None, 2026)),
        ({"baseline_head": "現状値(元年度)"}, (2019, None)),
        ({"baseline_head": "現状値(15年度)", "fiscal_year": 2008}, (2003, None)),
        ({"actual_head": "20年度", "fiscal_year": 2008, "baseline_head": "現状値 平成18年度"}, (2006, None)),  # noqa: E501
    ],
)  # fmt: skip
def test_year_of_a_head_is_the_last_of_its_period_and_of_one_era(sheet_of, heads, years):
    row = sheet_of("11件", "38件", "60件", **heads).rows().iloc[0]
    found = (row["baseline_year"], row["target_column_year"])
    assert tuple(None if pd.isna(year) else year for year in found) == years


def test_year_of_a_head_that_could_be_of_two_eras_is_refused(sheet_of):
    heads = {"baseline_head": "現状値(15年度)", "actual_head": "R4年度"}
    with pytest.raises(KpiError, match=r"列「現状値\(15年度\)」.*元号がなく.*era = "):
        sheet_of("11件", "38件", "60件", **heads)
    rows = sheet_of("11件", "38件", "60件", **heads, era="平成").rows()
    assert rows["baseline_year"].tolist() == [2003]


def test_era_in_the_plan(tmp_path):
    path = tmp_path / "plan.toml"
    text = '[plan]\nmunicipality = "試験市"\nname = "試験計画"\n'
    path.write_text(f'{text}era = "平成"\n', "utf-8")
    assert read_plan(path).era == "平成"
    path.write_text(f'{text}era = "大化"\n', "utf-8")
    with pytest.raises(KpiError, match=r"era が「大化」.*昭和、平成、令和、西暦"):
        read_plan(path)


# -- Sums.

SUM_IN_BRACKETS = [
    {"name": "架空の指標 ※（ ）書きが累計"},
    {"name": "架空の指標（（）内は計画期間の累計）"},
    {"note": "※ かっこ内の数値は累計"},
    {"note": "累計は括弧内に示す。"},
    {"target_head": "目標値（（　）内は累計）"},
    {"name": "架空の指標※１", "note": "※1　（　）内は累計"},
]


@pytest.mark.parametrize("said", SUM_IN_BRACKETS)
def test_bracket_that_is_called_the_sum_is_the_value(sheet_of, said):
    sheet = sheet_of("―", "18(35)", "15（累計60）件", **said)
    assert (sheet.points["value"][0], sheet.points["over"][0]) == (35, "?")
    row = sheet.rows().iloc[0]
    assert (row["target"], row["target_unit"]) == (60, "件")
    assert row["target_raw"] == "15（累計60）件"


@pytest.mark.parametrize(
    "said",
    [{}, {"note": "（ ）内は全国順位"}, {"note": "※1 （ ）内は累計"}, {"name": "改修数（累計）"}],
)
def test_bracket_that_nothing_calls_the_sum_is_unreadable(judged, said):
    row = judged("5(5)", "18(35)", "15(60)", **said)
    assert row["status"] == "undetermined" and pd.isna(row["actual"])
    assert "かっこ内にも数値がある" in row["told"]


def test_sum_is_not_less_than_the_value_of_a_year(sheet_of):
    assert sheet_of("―", "36（1）件", "50件", note="（）内は累計").points["value"].isna()[0]


RUNNING = ("2008～19年度累計 240 人", "310 人(2008～22年度累計)", "2008～24年度累計 380 人")


def test_running_total_is_compared_from_its_own_baseline(judged):
    assert figures(judged(*RUNNING)) == ([2019, 2022, 2024], 50, "progressing")


@pytest.mark.parametrize("actual", ["310 人", "310 人(2010～22年度累計)", "310 人（累計）"])
def test_running_total_of_another_or_no_start_needs_a_declaration(judged, actual):
    cells = (RUNNING[0], actual, RUNNING[2])
    row = judged(*cells)
    assert (row["status"], pd.isna(row["achievement"])) == ("undetermined", True)
    assert "running_total" in row["note"] and "2008～2024年度の累計" in row["note"]
    assert judged(*cells, declared={"running_total": True})["achievement"] == 50
    assert judged(*cells, declared={"cumulative": True})["achievement"] == 82


@pytest.mark.parametrize(
    ("cells", "said", "cumulative"),
    [
        (("11件／年", "38件（累計）", "60件（5年間累計）"), "5年間の累計", 63),
        (
            ("20人（R2年度）", "45人（R3～4年度累計）", "150人（R3～8年度）"),
            "2021～2026年度の累計",
            30,
        ),
        (("20人", "45人", "5年間で150人"), "5年間の累計", 30),
        (("(2018) ―", "21", "30 (累計)"), "", 70),
    ],
)
def test_sum_beside_the_value_of_a_year_needs_a_declaration(judged, cells, said, cumulative):
    row = judged(*cells)
    assert row["status"] == "undetermined"
    assert said in row["note"] and "units" not in row["reason"]
    row = judged(*cells, declared={"cumulative": True})
    assert (row["achievement"], row["start"]) == (cumulative, 0)


def test_head_that_says_sum_is_said_of_its_cells(judged):
    row = judged("11件", "38件", "60件", target_head="目標値（2020～2024年度累計）")
    assert row["status"] == "undetermined" and "cumulative" in row["note"]
    assert judged("11%", "38%", "60%", target_head="目標値（R2～R6平均）")["achievement"] == 55


@pytest.mark.parametrize(
    "cells",
    [
        ("100件（累計）", "120件（累計）", "200件（累計）"),
        ("△40人（2017～2021年の累計）", "△20人（2018～22年の累計）", "60人（5年間累計）"),
    ],
)
def test_sums_alike_are_judged(judged, cells):
    assert judged(*cells)["achievement"] == 20


def test_cumulative_and_running_total_exclude_each_other(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        '[plan]\nmunicipality = "試験市"\nname = "試験計画"\n[[kpi]]\nname = "ア"\nreason = "架空"\n'  # noqa: E501
        "cumulative = true\nrunning_total = true\n",
        "utf-8",
    )
    with pytest.raises(KpiError, match="cumulative と running_total のどちらか一方に"):
        read_plan(path)


# -- Periods, dashes and remarks in a row.


def test_target_of_a_period_is_due_in_its_last_year(judged):
    row = judged("30人（R3～5年度平均）", "33人", "40人（R3～8年度平均）")
    assert figures(row) == ([2023, 2022, 2026], None, "undetermined")
    row = judged("30人（H30～R2平均）", "33人", "40人（R3～8年度平均）")
    assert figures(row) == ([2020, 2022, 2026], 30, "progressing")


def test_dash_keeps_its_year(sheet_of):
    row = sheet_of("(2018) ―", "21", "30").rows().iloc[0]
    assert (row["baseline_year"], row["baseline_reason"]) == (2018, "not_reported")


def test_remarks_leave_a_number_what_it_is(judged):
    row = judged("70.1%（隔年調査）", "参加率 72%", "80%以上〈県計画と同じ〉")
    assert row["status"] == "undetermined"
    row = judged("年12人（延べ300日）", "年15人（延べ320日）", "年20人（団体）")
    assert (row["achievement"], row["status"]) == (38, "progressing")


def test_rank_among_words_needs_no_less_than_a_rank_does(judged):
    row = judged("全国41位", "全国38位", "全国30位", declared={"direction": "decrease"})
    assert (row["achievement"], row["unit"]) == (27, "位")


def test_several_values_say_into_which_rows_to_split(judged):
    row = judged("小 91.0％ 中 84.0％", "小 92.0％ 中 85.0％", "小 95％ 中 90％")
    assert row["status"] == "undetermined" and "「小」「中」ごとの行" in row["told"]


@pytest.mark.parametrize(
    "cells",
    [
        ("小学校 50%", "中学校 70%", "60%"),
        ("50%（小学校）", "60%", "70%（中学校）"),
        ("10人（延べ）", "50人（実人数）", "20人"),
        ("人口10万人当たり 18.2人", "人口千人当たり 0.2人", "15人以下"),
        ("全国5位", "県内3位", "全国1位"),
        # A number with + is a change, unless all are, or some are negative.
        ("50%", "+5%", "70%"),
        ("10人", "12人", "＋20人"),
    ],
)
def test_figures_of_different_things_are_not_compared(judged, cells):
    assert judged(*cells)["reason"] == "units-differ"


@pytest.mark.parametrize(
    "cells",
    [
        ("小学校 50%", "小学校：52%", "60%"),
        ("現状 50%", "実績 52%（隔年調査）", "約60%"),
        ("1日当たり50分", "1日あたり52分（速報値）", "60分"),
        ("+50%", "＋52%", "+60%"),
        ("▲10人", "12人", "+100人"),
    ],
)
def test_figures_of_one_thing_are_compared(judged, cells):
    assert judged(*cells)["achievement"] == 20


@pytest.mark.parametrize(
    "cells",
    [
        ("5年間で15人", "2018年度からの累計 40人", "5年間で60人"),
        ("5年間で15人", "40人（累計）", "5年間で60人"),
        ("2018年度からの累計 15人", "2019年度からの累計 40人", "5年間で60人"),
    ],
)
def test_sums_of_which_one_says_no_length_are_not_compared(judged, cells):
    assert judged(*cells)["reason"] == "sums-begin-apart"
