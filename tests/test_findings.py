"""The findings (method 6): the real sheet's, a made-up sheet a code, what must always hold."""

import re
import shutil
import tomllib
from collections import Counter
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from conftest import HEAD, entries_in, findings_of, plan_of
from test_cli import kpi

from kpi_utils import evaluate, find, judging, load, per_kpi
from kpi_utils.lines.line import place
from kpi_utils.plan import read_plan
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.words import JAPANESE

SHEETS = Path(__file__).parent / "sheets"
CORRECTED = SHEETS / "kumamoto-corrected.txt"
PLAN = read_plan(SHEETS / "kumamoto-corrected.toml")
BLOCK = "「架空の指標」【(1)No.1】"
OTHER = "架空の別の件数"


def line(no=1, name="架空の指標", baseline="10", actual="20", target="20", published="100%"):
    """A row; a cell that is a number alone has its year and unit added."""
    cells = [(2020, baseline), (2022, actual), (2030, target)]
    cells = [
        f"{year}年度 {cell} 件" if re.fullmatch(r"-?[\d.]+", cell) else cell for year, cell in cells
    ]
    return "\t".join([str(no), name, *cells, published])


@pytest.fixture
def sheet_of(evaluated):
    """The evaluation of a made-up sheet of such lines; more is declared of 架空の指標."""

    def evaluate_it(*lines, blocks=(BLOCK,), target_header="", convention="", **declared):
        head = HEAD.replace("2030年(目標値)", target_header or "2030年(目標値)")
        plan = plan_of({"架空の指標": declared} if declared else {}, convention=convention)
        return evaluated(*lines, blocks=blocks, head=head, plan=plan)

    return evaluate_it


def codes(evaluation):
    return evaluation.findings["code"].tolist()


def must_be_well_formed(evaluation):
    for finding in findings_of(evaluation).itertuples():
        file, number = finding.source.rsplit(":", 1)
        text = Path(file).read_text("utf-8")
        # A row that is not there has no text: the heading of its table stands for it.
        of_row = finding.code != "row-missing"
        printed = text.split("\n")[int(number) - 1] if of_row else text
        # Of several cells, each stands in the line.
        quoted = [finding.text] if finding.text in printed else finding.text.split("、")
        assert all(part in printed for part in quoted), finding
        assert finding.rows
        sentence = re.sub("（.*）", "", finding.message)
        assert sentence.count("。") == 1 and sentence.endswith("。")
        assert len(finding.message) > 10
        assert not re.search("nan|None|<NA>|inf|同上|―", finding.message), finding.message


# The corrected copy, and the real sheet.


def test_corrected_sheet_has_no_finding():
    corrected = evaluate(read_sheet(CORRECTED, PLAN, 2022))
    assert findings_of(corrected)["message"].tolist() == []
    assert corrected.sheet.title.endswith("（架空：試験用に訂正したもの）")
    assert len(corrected.rows) == 22 and len(corrected.kpis) == 13
    assert "undetermined" not in set(corrected.rows["status"])


# Method 7: code -> severity and rows, in the sheet's order. What is not here must not be found.
REAL = {
    "target-year-differs": (
        "note",
        [f"(1)No.{no}" for no in (2, 3, 5, 6, 7, 9, 10)]
        + [f"(2)No.{no}" for no in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12)],
    ),
    "late-data": ("note", ["(1)No.2", "(1)No.9", "(2)No.6", "(2)No.9", "(2)No.10"]),
    "relisting-unmarked": (
        "note",
        ["(2)No.2", "(2)No.3", "(2)No.4", "(2)No.6", "(2)No.7", "(2)No.9", "(2)No.12"],
    ),
    "narrative-contradicts": ("warning", ["(1)No.1、4、8"]),
    "narrative-missing": ("warning", ["(1)No.5、(2)No.4", "(1)No.9、(2)No.9", "(2)No.5"]),
    "wrong-way-target": ("warning", ["(2)No.10"]),
    "fragile-percentage": ("note", ["(1)No.3", "(2)No.7", "(2)No.10"]),
    "target-outgrown": ("note", ["(1)No.3", "(2)No.7"]),
}


def test_real_sheet_has_the_findings_of_the_worked_example_and_a_part_those_on_its_kpis(evaluation):
    found = findings_of(evaluation)
    assert set(found["code"]) == set(REAL)
    for code, (severity, rows) in REAL.items():
        those = found[found["code"] == code]
        assert those["rows"].tolist() == rows, code
        assert set(those["severity"]) == {severity}, code
    assert Counter(found["severity"]) == {"note": 35, "warning": 5}
    must_be_well_formed(evaluation)
    lines = found["source"].str.rsplit(":", n=1).str[-1].astype(int)
    assert lines.is_monotonic_increasing
    late = found[found["code"] == "late-data"].set_index("rows")["message"]
    old = [rows for rows in late.index if "2年前の2020年度" in late[rows]]
    assert old == ["(1)No.2", "(2)No.6"] and "1年前の2021年度" in late["(2)No.10"]
    assert findings_of(evaluation, "wrong-way-target")["message"].tolist() == [
        "目標値が、当初値で既に守られている上限であり（算式どおりの達成度は−116%）、"
        "達成度でなく、上限までの余裕（332 万㎡、目標値の3.1%）により判断する。"
    ]
    rows = evaluation.rows.loc[[(1, 3), (2, 5)]]
    found = find(evaluation.sheet, rows, per_kpi(rows))
    assert set(found["kpi"]) == set(rows["kpi"])
    assert {"target-outgrown", "narrative-missing"} < set(found["code"])


def test_row_judged_by_an_older_column_is_told(one_row):
    """A cell that was forgotten, or has a reason: last year's figure stands for it."""
    late = findings_of(evaluate(one_row(later="集計中", fiscal_year=2023)), "late-data")
    message = late.set_index("rows").loc["(1)No.1", "message"]
    assert message.startswith("2023年の欄に実績がなく、2022年の欄の実績で判定しているため")
    given = findings_of(evaluate(one_row(later="2023年度 13 件", fiscal_year=2023)), "late-data")
    assert "(1)No.1" not in given["rows"].tolist()


# One code at a time: the smallest sheet that raises it alone, and the nearest that raises nothing.

ROSE, FELL = "「架空の指標」の増加【(1)No.1】", "「架空の指標」の減少【(1)No.1】"
BLOCKS_OF = [{"blocks": [block]} for block in (ROSE, FELL, ROSE.replace("1】", "2】"))]
FRACTION = "2020年度 34.5 %|2022年度 0.36 %|2030年 50.0 %|-220%"
NO_YEAR = {"target_header": "目標値"}


def lines_of(rows):
    """Lines; or of one row baseline|actual|target|達成度: a blank is the usual cell, - is none."""
    if not isinstance(rows, str):
        return rows
    given = zip(("baseline", "actual", "target", "published"), rows.split("|"), strict=False)
    return [line(**{role: "" if text == "-" else text for role, text in given if text})]


def again(name, **cells):
    return [line(), line(2, name, **cells)]


# Code -> severity, what raises it, what does not; what else both sheets have, or each.
CASES = {
    "unreadable-cell": ("error", "|2022年度 20 件ほか", "|２０件"),
    "direction-unclear": ("error", "||10|-", "||2030年 10 件以上|-"),
    "unit-differs": ("error", "|2022年度 20 人", "|20件"),
    "relisting-differs": (
        *("error", again("架空の指標【再掲】", actual="19", published="90%")),
        again("架空の指標【再掲】", actual="20.0"),
    ),
    "not-judged": ("warning", "|集計中||-", "|||-"),
    "row-missing": ("warning", [line(), line(3, OTHER)], [line(), line(2, OTHER)]),
    "published-differs": ("warning", "|18.6||85%", "|18.6||86%"),
    "published-contradicts": ("error", "|19||達成", "|||達成"),
    "wrong-way-target": ("warning", "|10|11|0%", "|10|10|-", {"direction": "decrease"}),
    "narrative-contradicts": ("warning", "|9||-10%", "|9||-10%", BLOCKS_OF[0], BLOCKS_OF[1]),
    "narrative-dangling": ("warning", "", "", BLOCKS_OF[2], BLOCKS_OF[0]),
    "narrative-missing": ("warning", "|19||90%", "", {"blocks": []}),
    "target-without-year": ("warning", "|15|20 件|50%", "|20|20 件", NO_YEAR),
    "target-year-differs": ("note", "||2029年 20 件", "||2030年度 20 件"),
    "figure-jumps": ("warning", FRACTION, "|499|500", BLOCKS_OF[1], {}),
    "provisional-data": ("note", "|2022年度 約20 件", "|2022年度 20 件（うち市内 5件）"),
    "late-data": ("note", "|2021年度 20 件", "|20 件"),
    "relisting-unmarked": (
        "note",
        again("架空の 指標【3.3】"),
        again("架空の 指標【3.3】【再掲】"),
    ),
    "fragile-percentage": ("note", "100|100|102|0%", "100|99.9|102|-5%"),
    "target-outgrown": ("note", "|30||200%", "|29.9||199%"),
}


def test_every_code_has_a_case():
    """But for what is said of a file, of rows of one name, and of what a notebook changes."""
    others = {"same-name", "figure-corrected", "targets-only"}
    severities = tomllib.loads((files(judging) / "severities.toml").read_text("utf-8"))
    assert set(CASES) == set(severities["findings"]) - others
    assert {*CASES, *severities["remarks"], *others} == set(JAPANESE.of("finding"))


@pytest.mark.parametrize("code", CASES)
def test_smallest_case_raises_the_code_alone_and_the_nearest_nothing(sheet_of, code):
    severity, loud, quiet, *more = CASES[code]
    with_loud, with_quiet = (*more, *more, {}, {})[:2]
    evaluation = sheet_of(*lines_of(loud), **with_loud)
    assert set(codes(evaluation)) == {code}
    assert set(evaluation.findings["severity"]) == {severity}
    must_be_well_formed(evaluation)
    assert codes(sheet_of(*lines_of(quiet), **with_quiet)) == []


# Odd cases: lines, what else the sheet has -> the codes of the findings, and what they say.

SUM, IN_WORDS = (
    "|2022年度 15 件 （累計）|2030年 20 件 （5年間累計）|75%",
    "|15|2030年 15から20件程度",
)
RANGE = {"kind": "range", "lower": Decimal(15), "upper": Decimal(20)}
# A sheet whose house rule is actual/target.
RATIOS = [
    line(no, f"架空の率{no}号", actual=actual, published=published)
    for no, (actual, published) in enumerate([("12", "60%"), ("13", "65%"), ("14", "70%")], 1)
]
SLIP, KEPT = (line(4, "架空の率4号", actual="15", published=text) for text in ("50%", "75%"))
FALLS = [
    line(1, actual="8", published="0%"),
    line(2, OTHER, actual="9", published="-10%"),
    line(3, "架空の第三の件数", actual="7", published="-30%"),
]
NAMES = ["架空の指標", OTHER, "架空の第三の件数"]
RATIO_BLOCKS, BLOCKS = (
    {"blocks": [f"「{name}」【(1)No.{no}】" for no, name in enumerate(names, 1)]}
    for names in ([f"架空の率{no}号" for no in range(1, 5)], NAMES)
)


def odd(rows, *told, says="", **more):
    return lines_of(rows), list(told), says, more


ODD = {
    "fragility is compared exactly": odd("1.00|1.00|1.02|0%", "fragile-percentage"),
    "reference to another KPI's row": odd(
        *([line(), line(2, OTHER)], "narrative-dangling"),
        **{"says": OTHER, "blocks": ["「架空の指標」の増加【(1)No.1、2】"]},
    ),
    "a particle more is no other KPI": odd("", blocks=["「架空の指標の」増加【(1)No.1】"]),
    "name that ends in a way": odd([line(name="架空の低下")], blocks=["架空の低下【(1)No.1】"]),
    "block without references": odd(
        "", "narrative-dangling", says="参照する行を読み取れない", blocks=["「架空の指標」の増加"]
    ),
    "rise where there is none": odd(
        "|10||0%", "narrative-contradicts", says="変わっていない", blocks=[ROSE]
    ),
    "heading of a sum is held against zero": odd("100|12||60%", blocks=[ROSE], cumulative=True),
    "heading on a rank says nothing of its number": odd(
        "36 位|20 位|20 位", blocks=["「架空の指標」の上昇【(1)No.1】"]
    ),
    "what is not judged is not said to be missed": odd(
        [line(actual="集計中", published=""), line(2, OTHER)],
        *("not-judged", "narrative-missing"),
        **{"says": "判定を保留しているが", "blocks": [f"「{OTHER}」【(1)No.2】"]},
    ),
    "one slip from the house rule": odd(
        *([*RATIOS, SLIP], "published-differs"),
        **{"says": "（実績−当初値）÷（目標値−当初値）"} | RATIO_BLOCKS,
    ),
    "house rule kept by all": odd([*RATIOS, KEPT], **RATIO_BLOCKS),
    "declared convention": odd("|12||60%", convention="ratio"),
    "declared convention is held to": odd("|12||60%", "published-differs", convention="linear"),
    # A fall printed as 0 % among linear rows: "同上" names no formula outside of its list.
    "formula is named in full": odd(FALLS, "published-differs", **BLOCKS),
    # What has no computed figure is told once, and no message prints a figure that is none.
    "no direction": odd("||10|116%", "direction-unclear"),
    "other unit of the target": odd("||2030年 12 人以下|-", "unit-differs"),
    "limit at the baseline": odd("||2030年 10 件以上|150%", "published-differs"),
    "limit of zero has no share": odd("-1|-2|2030年 0 件以下|-", "wrong-way-target"),
    "limit that is broken": odd(
        "|21|2030年 20 件以下|-110%",
        "wrong-way-target",
        says="上限からの超過（1 件、目標値の5.0%）",
    ),
    "bracket": odd("|2022年度 4(7) 件", "unreadable-cell", says="（かっこ内にも数値がある）"),
    "range for an actual": odd(
        "|2022年度 10～15 件", "unreadable-cell", says="（範囲、限度又は向きで、1つの値でない）"
    ),
    "sum beside values of one year": odd(SUM, "not-judged", says="そうでない値とが混在"),
    "declared sum": odd(SUM, cumulative=True),
    "target in words": odd(IN_WORDS, "unreadable-cell"),
    "target that plan.toml reads": odd(IN_WORDS, **RANGE),
    "range without a baseline": odd("-||2030年 10～20 件", "published-differs"),
    "way from zero": odd(
        "0|50|1 件|5000%", "figure-jumps", "fragile-percentage", "target-outgrown"
    ),
    "zero that may be a blank": odd("60|0|70 件|-600%", "figure-jumps", **BLOCKS_OF[1]),
    "all digits that a cell may have": odd(f"0|{'9' * 15}|2030年 0.{1:014} 件|13%", "not-judged"),
    "limit of zero, kept": odd("0 件|0 件|0 件以下|0%", "published-contradicts"),
    "nothing at all": odd("-||-|-", "not-judged"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_case(sheet_of, case):
    lines, told, message, more = ODD[case]
    evaluation = sheet_of(*lines, **more)
    assert codes(evaluation) == told
    assert message in "".join(findings_of(evaluation)["message"])
    must_be_well_formed(evaluation)


def test_not_judged_quotes_the_cell_that_it_is_about(sheet_of):
    found = findings_of(sheet_of(line(target="2030年 未定", published="")), "not-judged")
    assert found["text"].tolist() == ["2030年 未定"]
    found = findings_of(sheet_of(line(target="", published="")), "not-judged")
    assert found["text"].tolist() == [""]


# kpi check


def check(*words):
    return kpi("check", "kumamoto", "2022", *words)


def test_check_prints_each_entry_and_a_strict_one_passes_the_corrected_sheet(
    project,
):
    run = check()
    assert (run.returncode, run.stderr) == (0, "")
    taken, _, said = run.stdout.partition("\n\n")
    assert "「当初値」→ 当初値（例「2020年度 32.1 %」）" in taken
    *lines, kpis, counts = said.splitlines()
    entries = list(entries_in(evaluate(load("kumamoto", 2022))).itertuples())
    heads = [line for line in lines if not line.startswith(" ")]
    assert len(heads) == len(entries) == 8
    names = JAPANESE.of("finding")
    for printed, entry in zip(heads, entries, strict=True):
        named = [entry.code, names[entry.code], place(entry.source.split("、")[0])]
        assert all(part in printed for part in [*named, entry.message])
        assert printed.startswith(f"{entry.entry} ")
    # What differs stands below its entry, in a line.
    assert len(lines) == 8 + 5
    assert kpis == "13指標: 後退2、横ばい1、前進5、達成5"
    assert counts == "指摘: 誤り0、注意3、参考5"
    assert not (project / "reports").exists()
    strict = check("--strict")
    assert (strict.returncode, strict.stdout, strict.stderr) == (1, run.stdout, "")
    shutil.copy(CORRECTED, project / "data/kumamoto/2022.txt")
    shutil.copy(SHEETS / "kumamoto-corrected.toml", project / "data/kumamoto/plan.toml")
    run = check("--strict")
    said = run.stdout.partition("\n\n")[2]
    assert said == "13指標: 後退2、横ばい1、前進6、達成4\n指摘: 誤り0、注意0、参考0\n"
    assert (run.returncode, run.stderr) == (0, "")
