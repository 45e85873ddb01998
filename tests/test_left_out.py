"""What a cell leaves out and its row or sheet says: units, eras, sums. All sheets are made up."""

import pytest

from kpi_utils import KpiError, judge
from kpi_utils.cells.notation import identity
from kpi_utils.plan import Declaration, Plan
from kpi_utils.words import JAPANESE

TABLE = """\
## 試験市 試験計画（架空のデータ）

No	指標名	{baseline_head}	{actual_head}	{target_head}	達成度 (%)
1	{name}	{baseline}	{actual}	{target}	{published}
{note}
"""
BLANK = {"baseline_head": "当初値", "target_head": "目標値", "name": "架空の指標"}
BLANK |= {"published": "", "note": ""}


@pytest.fixture
def sheet_of(read_file):
    """A sheet of one row; ``declared`` is what plan.toml says of it, ``era`` of its years."""

    def read(baseline, actual, target, *, fiscal_year=2022, era="", declared=None, **others):
        cells = BLANK | {"baseline": baseline, "actual": actual, "target": target}
        cells |= {"actual_head": f"{fiscal_year}年"} | others
        name = cells["name"]
        said = {identity(name): Declaration(name, "架空の理由", **declared)} if declared else {}
        plan = Plan("shiken", "試験市", "試験計画", said, era=era)
        return read_file("sheet.txt", TABLE.format(**cells), plan, fiscal_year)

    return read


@pytest.fixture
def judged(sheet_of):
    """The judgement of such a row, as a dictionary of its columns: None where there is none.

    ``years`` are those of its figures, ``told`` what is said of it and of cells that are not read.
    """

    def judge_it(*cells, **about):
        sheet = sheet_of(*cells, **about)
        row = judge(sheet.rows(), sheet.plan).iloc[0]
        told = [JAPANESE.render(cell.why) for cell in sheet.unreadable()]
        told += [JAPANESE.render(row["note"]) or "", row["reason"]]
        row = row.where(row.notna(), None).to_dict()
        years = tuple(row[f"{role}_year"] for role in ("baseline", "actual", "target"))
        return row | {"told": " ".join(map(str, told)), "years": years}

    return judge_it


# The bracket is the sum where a name, a note or a head says so.
BRACKET = ("―", "18(35)", "15（累計60）件")
SUM = {"actual": 35, "target": 60, "target_unit": "件", "target_raw": "15（累計60）件"}
OF_19 = ("12件（19年度）", "20件", "30件")
R4 = {"actual_head": "R4年度"}
# Of a sheet of 2022 no target is of 2018; of one of 2017 it may be.
TO_30 = ("12件（28年度）", "20件", "30件（30年度）")
RUNNING = ("2008～19年度累計 240 人", "310 人(2008～22年度累計)", "2008～24年度累計 380 人")
NOT_RUNNING = [
    (RUNNING[0], actual, RUNNING[2])
    for actual in ("310 人", "310 人(2010～22年度累計)", "310 人（累計）")
]
RUNNING_TOTAL = {"declared": {"running_total": True}}
CUMULATIVE = {"declared": {"cumulative": True}}
DECREASE = {"declared": {"direction": "decrease"}}
BESIDE_SUM = {
    ("11件／年", "38件（累計）", "60件（5年間累計）"): ("5年間の累計", 63),
    ("20人（R2年度）", "45人（R3～4年度累計）", "150人（R3～8年度）"): ("2021～2026年度の累計", 30),
    ("20人", "45人", "5年間で150人"): ("5年間の累計", 30),
    ("(2018) ―", "21", "30 (累計)"): ("", 70),
}

READ = [
    # A number without a unit has its row's.
    (("0 人", "350 人", "毎年300以上"), {}, {"unit": "人", "achievement": 117}),
    (("10 件", "12", "20"), {}, {"unit": "件", "achievement": 20}),
    (("1.05", "1.20", "1.5倍"), {"name": "架空の倍率"}, {"unit": "倍", "achievement": 33}),
    (("57.10%", "69.50", "93.00"), {}, {"unit": "%", "achievement": 35}),
    # An arrow compares with the year before; a target that was changed is the one in force.
    (("10件", "12件 ↓", "（変更後）20件"), {}, {"unit": "件", "achievement": 20}),
    (("10件", "目標：11件 実績：12件", "20件"), {}, {"unit": "件", "achievement": 20}),
    (("18.2 人口10万対", "17.0", "15.0 人口10万対以下"), {}, {"achievement": 38}),
    (("¥1,200", "1,300円", "¥2千"), {}, {"unit": "¥", "achievement": 13}),
    (("0", "0.4%", "0.8%"), {}, {"unit": "%", "achievement": 50}),
    # Without a baseline that of its actual.
    (("－", "36 人", "60"), {}, {"unit": "人", "target_unit": "人"}),
    # A year without its era is the one that those of the columns leave possible.
    (
        ("12件(19年度)", "20件(21年度)", "30件(26年度)"),
        {"fiscal_year": 2009},
        {"years": (2007, 2009, 2014), "status": "progressing"},
    ),
    (TO_30, {"fiscal_year": 2017}, {"years": (2016, 2017, 2018)}),
    (("12件（元年度）", "20件（3年度）", "30件"), {}, {"years": (2019, 2021, None)}),
    # Of several it is that of the era which the sheet names, or which is declared.
    (OF_19, {"note": "平成20年に始めた。"}, {"years": (2007, 2022, None)}),
    (OF_19, R4 | {"era": "西暦"}, {"years": (2019, 2022, None)}),
    (
        ("2.9万人(17〜23年度)", "0.8万人", "1.6万人(25〜29年度)"),
        {"fiscal_year": 2017, "era": "平成"},
        {"baseline_over": "2005-2011", "target_over": "2013-2017", "years": (2011, 2017, 2017)},
    ),
    # A dash keeps its year; a period is due in its last one.
    (("(2018) ―", "21", "30"), {}, {"baseline_year": 2018, "baseline_reason": "not_reported"}),
    (
        ("30人（H30～R2平均）", "33人", "40人（R3～8年度平均）"),
        {},
        {"years": (2020, 2022, 2026), "achievement": 30},
    ),
    (BRACKET, {"name": "架空の指標 ※（ ）書きが累計"}, SUM),
    (BRACKET, {"target_head": "目標値（（　）内は累計）"}, SUM),
    (BRACKET, {"name": "架空の指標※１", "note": "※1　（　）内は累計"}, SUM),
    # Sums alike are compared, a running total from its own baseline; another one as declared.
    (("100件（累計）", "120件（累計）", "200件（累計）"), {}, {"achievement": 20}),
    (
        ("△40人（2017～2021年の累計）", "△20人（2018～22年の累計）", "60人（5年間累計）"),
        {},
        {"achievement": 20},
    ),
    (RUNNING, {}, {"years": (2019, 2022, 2024), "achievement": 50, "status": "progressing"}),
    *((cells, RUNNING_TOTAL, {"achievement": 50}) for cells in NOT_RUNNING),
    *((cells, CUMULATIVE, {"achievement": 82}) for cells in NOT_RUNNING),
    *(
        (cells, CUMULATIVE, {"achievement": achievement, "start": 0})
        for cells, (_, achievement) in BESIDE_SUM.items()
    ),
    (("11%", "38%", "60%"), {"target_head": "目標値（R2～R6平均）"}, {"achievement": 55}),
    # A rate of several years is no sum.
    (("1.40（H25～29）", "1.42", "1.50"), {"name": "合計特殊出生率"}, {"achievement": 20}),
    # Names may begin with a number.
    (("50%", "52%", "60%"), {"name": "65歳以上の就業率"}, {"achievement": 20}),
    # Remarks leave a number what it is; a rank among words needs no less than a rank does.
    (("年12人（延べ300日）", "年15人", "年20人（団体）"), {}, {"achievement": 38}),
    (("全国41位", "全国38位", "全国30位"), DECREASE, {"achievement": 27, "unit": "位"}),
]


@pytest.mark.parametrize(("cells", "about", "wanted"), READ)
def test_what_a_cell_leaves_out_is_read(judged, cells, about, wanted):
    row = judged(*cells, **about)
    assert {key: row[key] for key in wanted} == wanted


ASKED = [
    # A number that cannot be of its row's unit.
    (("50%", "0.57", "60%"), DECREASE, "単位の不一致"),
    (("1,234", "1,100", "46％削減"), DECREASE, "単位の不一致"),
    (("31/34島", "32", "34/34島"), DECREASE, "単位の不一致"),
    (("10", "12", "1.5倍"), DECREASE, "単位の不一致"),
    (("10人", "12中止", "20"), {}, "「人」「中止」「人」"),
    (("10", "12予定", "20"), {}, "「予定」の読み方"),
    (("10%", "男性：12%", "20%"), {}, "男性"),
    (("生徒1人当たり1台", "生徒1人当たり2台", "3台"), {}, "当たり"),
    (("10件", "目標11件 前年度実績12件", "（当初）30件"), {}, "かっこ書きの数値"),
    (("10件", "12件", "20件（当初）30件"), {}, "読み取れない表記"),
    (("1.2万人", "15,000", "2万人"), {}, "単位の不一致"),
    (("45%", "452%", "60%"), {"name": "架空の割合"}, "単位の不一致"),
    (("70.1%（隔年調査）", "参加率 72%", "80%以上〈県計画と同じ〉"), {}, ""),
    # A year that can be of two eras, of none, or not of the one that is declared.
    (OF_19, R4, "元号がなく"),
    *((cells, {}, "元号がなく") for cells in (("12件（45年度）", "20件", "30件"), TO_30)),
    (("12件（2019年度）", "20件（3年度）", "30件"), {"era": "平成"}, "1991年度"),
    # A bracket that nothing calls the sum; a sum that is less than the value of a year.
    (("5(5)", "18(35)", "15(60)"), {}, "かっこ内にも数値がある"),
    (("5(5)", "18(35)", "15(60)"), {"note": "（ ）内は全国順位"}, "かっこ内にも数値がある"),
    (("―", "36（1）件", "50件"), {"note": "（）内は累計"}, "かっこ内にも数値がある"),
    # Sums that begin in other years or that say none, and a sum beside the value of a year.
    *((cells, {}, "2008～2024年度の累計") for cells in NOT_RUNNING),
    *((cells, {}, said) for cells, (said, _) in BESIDE_SUM.items()),
    (("11件", "38件", "60件"), {"target_head": "目標値（2020～2024年度累計）"}, "cumulative"),
    (("5年間で15人", "2018年度からの累計 40人", "5年間で60人"), {}, "sums-begin-apart"),
    (("20人", "45人", "通算150人"), {}, "sums-mixed"),
    (("20人", "45人", "150人"), {"target_head": "5年間の目標値"}, "sums-mixed"),
    (("20件（H25～29）", "18件", "30件"), {"name": "改修件数（割合）"}, "sums-mixed"),
    # A running total cannot have fallen.
    (("8人", "5人", "50人"), {"name": "就農者数（累計）"}, "sums-begin-apart"),
    (("2018年度からの累計 15人", "2019年度からの累計 40人", "5年間で60人"), {}, "sums-begin-apart"),
    (("30人（R3～5年度平均）", "33人", "40人（R3～8年度平均）"), {}, ""),
    (("小 91.0％ 中 84.0％", "小 92.0％ 中 85.0％", "小 95％ 中 90％"), {}, "「小」「中」ごとの行"),
]


@pytest.mark.parametrize(("cells", "about", "said"), ASKED)
def test_what_cannot_be_told_is_not_judged_and_asked_about(judged, cells, about, said):
    row = judged(*cells, **about)
    assert (row["status"], row["achievement"]) == ("undetermined", None)
    assert said in row["told"]


@pytest.mark.parametrize(
    ("heads", "years"),
    [
        ({"target_head": "目標値（2020～2024年度累計）"}, (None, 2024)),
        ({"target_head": "6年度 前期目標値"}, (None, 2024)),
        ({"baseline_head": "基準値（H30～R2の3か年平均）"}, (2020, None)),
        ({"target_head": "目標値（6～8年度）"}, (None, 2026)),
        (
            {"baseline_head": "現状値 平成18年度", "actual_head": "20年度", "fiscal_year": 2008},
            (2006, None),
        ),
        ({"baseline_head": "現状値(15年度)", "actual_head": "R4年度", "era": "平成"}, (2003, None)),
    ],
)
def test_year_of_a_head_is_the_last_of_its_period_and_of_one_era(judged, heads, years):
    row = judged("11件", "38件", "60件", **heads)
    assert (row["baseline_year"], row["target_column_year"]) == years


def test_year_of_a_head_that_could_be_of_two_eras_is_refused(sheet_of):
    with pytest.raises(KpiError, match=r"列「現状値\(15年度\)」.*元号がなく.*era = "):
        sheet_of("11件", "38件", "60件", baseline_head="現状値(15年度)", actual_head="R4年度")


@pytest.mark.parametrize(
    "cells",
    [
        ("小学校 50%", "中学校 70%", "60%"),
        ("10人（延べ）", "50人（実人数）", "20人"),
        ("人口10万人当たり 18.2人", "人口千人当たり 0.2人", "15人以下"),
        ("全国5位", "県内3位", "全国1位"),
        ("週2回", "30回", "週3回"),
        ("2回", "3回", "計20回"),
        ("12回", "月10回", "24回"),
        ("5kg", "5,200g", "6,000"),
        ("13", "12", "10分30秒"),
        ("10t", "9t", "8kg"),
        ("1.2万人", "7", "2万人"),
        ("3.0点", "6.1点（10点満点）", "3.3点"),
        ("(+5%)", "50%", "70%"),
        ("1人1日700g", "1人当たり650g", "1人1日600g"),
        # A number with + is a change, unless all are, or some are negative.
        ("50%", "+5%", "70%"),
        ("10人", "12人", "＋20人"),
        ("5", "50%", "9"),
        # What is five times a number of 万円, or a fifth of one, may be of another magnitude.
        ("1,000", "120万円", "1,500"),
        ("10", "12", "10位以内"),
    ],
)
def test_figures_of_different_things_are_not_compared(judged, cells):
    assert judged(*cells)["reason"] == "units-differ"


@pytest.mark.parametrize(
    "cells",
    [
        ("小学校 50%", "小学校：52%", "60%"),
        ("50", "52%", "60"),
        ("現状 50%", "実績 52%（隔年調査）", "約60%"),
        ("1日当たり50分", "52分", "1日当たり1時間"),
        ("1時間", "1時間10分", "1時間50分"),
        ("5ha", "52,000㎡", "6ha"),
        ("3点（5点満点）", "3.2点（5点満点）", "4点（5点満点）"),
        ("基準値 15人", "18人（前年比 +20%）", "30人（R8目標）"),
        ("延べ10人", "年間延べ12人", "延べ20人に増やす"),
        ("計10人", "12人", "計20人"),
        ("1.0万人", "1.2", "2万人"),
        ("県内第20位", "第18位", "10位"),
        ("+50%", "＋52%", "+60%"),
        ("▲10人", "12人", "+100人"),
    ],
)
def test_figures_of_one_thing_are_compared(judged, cells):
    assert judged(*cells)["achievement"] == 20
