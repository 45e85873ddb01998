"""What the head of a column says: what the column can be, of which year, in which unit.

``heads.toml`` lists the kinds of columns that a head can stand for. Which of them it is depends on
the other columns of the table (``columns``).
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.years import leading_year, period_in

_TABLE = tomllib.loads(Path(__file__).with_name("heads.toml").read_text("utf-8"))
# A pattern for each kind of column: it matches a whole head without spaces, years, units and notes.
KINDS = {
    kind: re.compile(
        re.sub("<([a-z]+)>", lambda part: _TABLE["parts"][part[1]], about["words"]),
        re.IGNORECASE | re.VERBOSE,
    )
    for kind, about in _TABLE["kinds"].items()
}
# The kinds of columns that hold the figures to be judged.
FIGURES = ("baseline", "latest", "actual", "target", "yearly_target")
# The prefixes of the kinds of columns that a form or our workbook adds: they are not the sheet's.
OURS = ("entry_", "own_")
# The author of the comments in a workbook that this package made.
OWN_COMMENTS = "kpi_utils"
# Words in a bracket that add nothing to what the head says of a figure.
_BESIDE = re.compile(_TABLE["parts"]["beside"], re.VERBOSE)
# 2024/3, 2024.3.31: a date in a head; in a cell it may be a number, or two.
_SLASHED = re.compile(r"(?<!\d)((?:19|20)\d\d)[/.](0?[1-9]|1[0-2])(?:[/.]\d{1,2})?(?![\d/.])")
# What stands before or after the words of a head.
_BEFORE = re.compile(_TABLE["parts"]["before"], re.VERBOSE)
# What may join a year to the rest of its head.
_AROUND_YEAR = re.compile(r"^(?:まで)?の?|(?:まで|末|時点|現在|の)$")
# A lower part of a head that is no kind of its own: 目標値 見直し後.
_CHANGED = re.compile("(?:見直し|改[定訂]|修正|変更)後")
_MEASURED = re.compile("実績|決算|確[定報]")
_FIRST = re.compile("(?:(?:計画)?(?:当初|策定時?)|基準|現状|現況|目標(?=年度))(?:年度?|値)?")
# A unit at the end of a head: 実績額 over 単位：円 (without a bracket), or [単位] 円.
_UNIT_AT_END = re.compile(r"(?<=[^(\[【〔])単位:(\w{1,6})$|^[(\[【〔]単位[)\]】〕]:?(\w{1,6})$")
# Two letters spread over their cell: 数　値.
_SPREAD = re.compile(r"(?<!\S)(\S)\s(\S)(?!\S)")
_BRACKETS = re.compile(r"[(\[【〔《〈<]([^(\[【〔《〈<)\]】〕》〉>]*)[)\]】〕》〉>]")


class Head(NamedTuple):
    """What a column's head (見出し) says.

    ``kinds`` are the kinds of columns that it can stand for (names in ``heads.toml``, or "year" for
    a year alone); ``year`` is its fiscal year, the last one of a period; ``short`` a year without
    its era, as printed; ``unit`` the unit of the figures below.
    """

    header: str
    kinds: tuple[str, ...] = ()
    year: int | None = None
    short: str = ""
    unit: str = ""


def unit_in(text: str) -> str:
    """The unit in brackets in a head or in a KPI's name; blank if there is none.

    >>> [unit_in(of) for of in ("率（%）", "（単位:千人）", "（円/㎥）", "量（人-日）", "架空㈱")]
    ['%', '千人', '円/m3', '人-日', '']
    """
    # ㈱ is a part of a company's name, not the unit 株.
    found = list(compiled("unit_in_brackets").finditer(squeezed(text.replace("㈱", ""))))
    return (found[-1]["said"] or found[-1]["known"]) if found else ""


# Each line of a sheet is looked up several times: the cache must hold all lines of a long sheet.
@lru_cache(maxsize=32_768)
def head_of(header: str) -> Head:
    """What a head says, without regard to the other columns.

    >>> head_of("2030年(目標値)")[1:3], head_of("2021年度（令和3年度） 実績")[1:3]
    ((('target',), 2030), (('actual',), 2021))
    >>> head_of("目標値に対する進捗率（％）").kinds, head_of("現状値（2020年度）")[1:3]
    (('published',), (('latest',), 2020))
    >>> head_of("KPI（平成32年3月まで）")[1:3], head_of("23年度").short, head_of("平成12年")[1:3]
    ((('name',), 2019), '23年度', (('year',), 2000))
    >>> head_of("目標値との差").kinds, head_of("2022年と2023年の実績").kinds, head_of("甲").kinds
    (('carried',), (), ())
    """
    # ①26年度 does not name the year 126; 実績値_2023 is a column's name in a database.
    said = re.sub("[①-⑳]", "", header).replace("_", " ")
    text = squeezed(said)
    text = _SLASHED.sub(r"\1年\2月", compiled("note_of_head").sub("", text))
    text = compiled("said_of_sums").sub("", text)
    text = _UNIT_AT_END.sub(r"(単位:\1\2)", text)
    unit = unit_in(text)
    text = compiled("unit_in_brackets").sub("", text) if unit else text
    year, short, text = _without_years(text)
    text = _BEFORE.sub("", text)
    # R5/目標値 can be a share of the target.
    if year == 0 or re.search(" [/÷](?:目標|計画|基準)", text):
        return Head(header, ("carried",) if KINDS["carried"].fullmatch(text) else ())
    kinds = _kinds(text, bool(year or short)) or _kinds_of_parts(said)
    return Head(header, kinds, year, short, unit)


def year_said(text: str) -> str:
    """The year in a cell of a column of years, as it may stand before a figure; blank if none.

    >>> year_said("R4～R6"), year_said("2023/3末まで"), year_said("8年度"), year_said("R6 20人")
    ('2024年度', '2022年度', '8年度', '')
    """
    year, short, rest = _without_years(_SLASHED.sub(r"\1年\2月", f"({plain(text).strip()})"))
    said = short or (f"{year}年度" if year else "")
    return "" if re.search(r"\d", rest) else said


def _kinds_of_parts(header: str) -> tuple[str, ...]:
    """The kinds on which the parts of a head, one above the other, agree."""
    parts = _SPREAD.sub(r"\1\2", header).split()
    others = [part for part in parts if not _CHANGED.fullmatch(part)] if len(parts) > 1 else []
    kinds = [head_of(part).kinds for part in others]
    said = [of for of in kinds if of and of != ("year",) and "value" not in of]
    if not said or not all(kinds):
        return ()
    # 値 below 指標 is not its name; 実績値 方向 and 目標値 時点 are not figures; 目標年度 over 実績
    # only says when.
    if kinds[-1] == ("value",) and {*said[-1]} <= {"name", "thing", "group"}:
        return kinds[-1]
    is_when = "when" in said[-1] or said[0] == ("target", "when")
    if is_when or not {*said[-1]} & {*FIGURES, "name", "thing", "group", "grade"}:
        return said[-1]
    # KPI above 基準値 and 目標値 does not say what these are.
    said = [of for of in said[:-1] if "name" not in of and of != ("grade",)] + said[-1:]
    # 現状値 below 目標 is where the way to the target begins.
    if said[-1] in (("baseline",), ("latest",)):
        return said[-1]
    # 平成27年度の実績 below 現況値 only says of which year that value is.
    if said[0] == ("latest",) and said[1:] == [("actual",)] and "実績" in parts[-1]:
        return said[0]
    # 実績値 over 現状値 15年度, 21年度 and 25年度: it may be that of the beginning.
    if said == [("actual",), ("latest",)]:
        return ("latest", "actual")
    # 現状値 策定時 and 実績 基準 are that of the beginning, 現状値 今回 an actual.
    able = [{*of, "baseline", "actual"} if {"latest", "actual"} & {*of} else {*of} for of in said]
    names = dict.fromkeys(kind for of in reversed(said) for kind in of)
    return tuple(name for name in names if all(name in of for of in able))


def _without_years(text: str) -> tuple[int | None, str, str]:
    """The year of a head (0 if its years differ), a year without an era, and the rest."""
    if when := compiled("head_year").search(text):
        _, year, short = period_in(f"({when[0]})")
        rest = text.replace(when[0], " 実績" if _MEASURED.search(when[0]) else " ", 1)
        return year, "" if year else (short or when[0]).replace("実績", ""), rest
    years = {leading_year(date)[0] for date in compiled("date").findall(text)}
    if len(years) > 1:
        return 0, "", text
    rest = compiled("date").sub(lambda date: " 実績" if _MEASURED.search(date[0]) else " ", text)
    return next(iter(years), None), "", rest


def _kinds(text: str, has_year: bool) -> tuple[str, ...]:
    """The kinds that a head can stand for by its words; ``text`` is the head without years."""
    text = re.sub(r"(実績値?)(?:[(\[](?:見込み?|推計)値?[)\]]|見込み?値?)", r"\1", text)
    if has_year:
        parts = compiled("which_year").sub("", text).split(" ")
        text = "".join(_AROUND_YEAR.sub("", part) for part in parts)
    text = re.sub(r"[(\[《〈<][-/÷\s]*[)\]》〉>]", "", text.replace(" ", "")).strip("・:、/ ")
    if not text:
        return ("year",) if has_year else ()
    bare, inside = _BRACKETS.sub("", text), _BRACKETS.findall(text)
    first = next(filter(None, map(_FIRST.fullmatch, inside)), None)
    # 指標値（目標値） is what the bracket says.
    bare = "" if KINDS["value"].fullmatch(bare) and inside else bare
    said = bare or "".join(inside)
    kinds = [kind for kind, words in KINDS.items() if words.fullmatch(said)]
    able = {"actual", "latest"} if first and first[0][0] != "目" else {*()}
    # 排出量（目標年度） is a target if it names the year; else it may be the year of anything.
    is_sure = has_year or able
    if first and has_year and first[0].startswith("基準") and "目標" in bare:
        # 目標（2013年度基準） is counted from that year: it does not name the target's own.
        return ()
    if first and is_sure and (not bare or {*kinds} <= able):
        # R2（基準） among the actuals is the baseline.
        return ({"現": "latest", "目": "target"}.get(first[0][0], "baseline"),)
    if bare and not all(map(_BESIDE.fullmatch, inside)):
        # A bracket adds to a name, but turns a figure into another figure.
        in_full = [kind for kind, words in KINDS.items() if words.fullmatch(text)]
        is_other = any(re.search("[前旧国県参]", part) for part in inside)
        named = [kind for kind in kinds if kind not in (*FIGURES, *["published"] * is_other)]
        kinds = list(dict.fromkeys([*in_full, *named]))
    if ours := [kind for kind in kinds if kind.startswith(OURS)]:
        kinds = ours
    elif len(kinds) > 1:
        kinds = [kind for kind in kinds if kind != "carried"]
    return ("year",) if has_year and kinds == ["value"] else tuple(kinds)
