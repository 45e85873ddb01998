"""What lies in data/ -> checked parameters, a plan's sheets, and what changed since last year."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from unicodedata import category

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.changes import Changes, compare, uncompared
from kpi_utils.errors import STEERING, KpiError, reason
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import unknown_declarations, unused_declarations
from kpi_utils.language import LANGUAGES, spoken
from kpi_utils.plan import AND_SO_ON, Plan, address, read_plan
from kpi_utils.running.injected import injected_names, unknown
from kpi_utils.running.output import COLLECTED, data_folder
from kpi_utils.sheets.files import sheet_file, sheet_years
from kpi_utils.sheets.lines import Remark
from kpi_utils.sheets.sheet import Sheet, read_sheet

__all__ = [
    "changes_since_last_year",
    "check_comparison",
    "check_parameters",
    "load",
    "place_of",
    "plan_folder",
    "taken",
]


def check_parameters(plan: str, fiscal_year: int, language: str = "ja") -> None:
    """Check a run's parameters, and in a notebook the names that papermill injected.

    ``plan`` is the name of a folder in data/, ``fiscal_year`` a year whose sheet lies in it,
    ``language`` "ja" or "en". Raises KpiError with all that is wrong.
    """
    injected = injected_names("plan", "fiscal_year", "language")
    _check(plan, {"fiscal_year": fiscal_year}, [name for name in injected if name != "language"])
    if not isinstance(language, str) or language not in LANGUAGES:
        raise KpiError(
            f"language が {language!r} です。{' 又は '.join(map(repr, LANGUAGES))} を"
            "指定してください。"
        )


def check_comparison(plan: str, fiscal_year_before: int, fiscal_year_after: int) -> None:
    """The same for a run that compares two years' sheets of a plan, the earlier one first."""
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    _check(plan, years, injected_names("plan", *years))
    if fiscal_year_before >= fiscal_year_after:
        raise KpiError(
            f"{fiscal_year_before}年度と{fiscal_year_after}年度が指定されています。"
            "異なる2つの年度を、前の年度、後の年度の順に指定してください。"
        )


def _check(plan: str, years: Mapping[str, int], injected: list[str]) -> None:
    """Raise what is wrong with parameters: names, years, the plan, or a year without a sheet."""
    folder = plan_folder(plan, years, injected)
    for year in years.values():
        sheet_file(folder, year, place_of(folder))


def plan_folder(plan: str, years: Mapping[str, int], injected: Sequence[str] = ()) -> Path:
    """The folder of a plan in data/; a year (by its parameter's name) need not have a sheet there.

    Raises KpiError with all that is wrong with these parameters, or with the names ``injected``.
    """
    problems = unknown(injected, ["plan", *years])
    for name, year in years.items():
        is_year = isinstance(year, int) and not isinstance(year, bool)
        if not is_year or not 1900 < year < 2200:
            problems.append(
                f"{name} が {year!r} です。2022 のように、年度を西暦の整数で指定してください。"
            )
    data = data_folder()
    if _is_name(plan) and (problem := taken(plan)):
        problems.append(problem)
    elif not _is_name(plan) or not (data / plan).is_dir():
        names = sorted(path.parent.name for path in data.glob("*/plan.toml"))
        plans = "、".join(filter(_is_name, names))
        problems.append(
            f"plan が {plan!r} です。{data.name}/ にある計画の名前"
            f"（半角の英数字、_ 及び -）を指定してください（{plans}）。"
        )
    if problems:
        raise KpiError(problems)
    return data / plan


def _is_name(plan) -> bool:
    return isinstance(plan, str) and bool(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", plan))


def taken(plan: str) -> str:
    """What is wrong with a plan's name whose folder in reports/ is another's; blank if it is free.

    >>> taken("kumamoto")
    ''
    """
    # Some disks take capital letters for small ones.
    if plan.lower() != COLLECTED:
        return ""
    return (
        f"計画の名前が「{plan}」です。reports/{COLLECTED}/ は計画全体の報告書の場所であるため、"
        "この名前は使えません。計画のフォルダーに別の名前を付けてください。"
    )


def place_of(folder: Path) -> str:
    """What a plan's folder is called in messages and reports: ``data/PLAN``.

    >>> place_of(Path("/somewhere/data/kumamoto"))
    'data/kumamoto'
    """
    return f"{folder.parent.name}/{folder.name}"


def load(plan: str, fiscal_year: int) -> Sheet:
    """The sheet of a plan and year from data/. Raises KpiError where it cannot be used."""
    _check(plan, {"fiscal_year": fiscal_year}, [])
    folder = data_folder() / plan
    metadata = read_plan(folder / "plan.toml", f"{place_of(folder)}/plan.toml")
    written = (folder / "plan.toml").read_text("utf-8-sig").split("\n")
    declared = [
        (metadata.source, number, _unescaped(text)) for number, text in enumerate(written, 1)
    ]
    problems = _steering(declared)
    try:
        sheet = _read(metadata, fiscal_year)
    except KpiError as error:
        # A name with such a character stands in no sheet's title.
        raise KpiError(problems or error.problems) from None
    said = [(sheet.source, line.number, line.said()) for line in sheet.lines]
    if problems := _steering(declared + said):
        raise KpiError(problems)
    idle = _without_glyph(said + declared) + _idle_declarations(sheet)
    if spoken() != "ja":
        idle += _idle_translations(sheet, written)
    return replace(sheet, remarks=sheet.remarks + idle)


def _read(plan: Plan, fiscal_year: int) -> Sheet:
    folder = data_folder() / plan.id
    path = sheet_file(folder, fiscal_year, place_of(folder))
    return read_sheet(path, plan, fiscal_year, f"{place_of(folder)}/{path.name}")


def changes_since_last_year(evaluation: Evaluation) -> Changes | None:
    """The changes since the newest earlier year of which the plan has a sheet; None without one.

    Where that sheet cannot be used, ``Changes.problems`` say why.
    """
    plan, fiscal_year = evaluation.sheet.plan.id, evaluation.sheet.fiscal_year
    years = [year for year in _years(plan) if year < fiscal_year]
    if not years:
        return None
    try:
        return compare(evaluate(load(plan, years[-1])), evaluation)
    except KpiError as error:
        return uncompared(years[-1], evaluation, error.problems)
    except OSError as error:
        place = place_of(data_folder() / plan)
        problem = f"{place} の{years[-1]}年度のシートを開けません（{reason(error)}）。"
        return uncompared(years[-1], evaluation, [problem])


def _years(plan: str) -> list[int]:
    return sheet_years(data_folder() / plan)


def _idle_declarations(sheet: Sheet) -> list[Remark]:
    """Remarks on what plan.toml declares and no year's sheet of the plan needs.

    It serves all of them: what this sheet does not need another may. One that cannot be read may
    need anything.
    """
    plan = sheet.plan
    unknown, unused = unknown_declarations(sheet), unused_declarations(sheet)
    others = [year for year in _years(plan.id) if year != sheet.fiscal_year]
    rows = [sheet.rows]
    while others and (unknown or unused):
        try:
            other = _read(plan, others.pop())
        except (KpiError, OSError):
            return []
        elsewhere = unknown_declarations(other), unused_declarations(other)
        unknown = [said for said in unknown if said in elsewhere[0]]
        unused = [declared for declared in unused if declared in elsewhere[1]]
        rows.append(other.rows)
    missing = [declared for declared, _ in unknown]
    names = {said for read in rows for said in read["name"].map(label)}
    names |= {said for read in rows for said in map(address, read["name"], read["initiative"])}
    return [_idle(plan, declared.line, name, names) for declared, name in unknown] + [
        _idle(plan, declared.line, declared.name, says="declaration-unused")
        for declared in unused
        if declared not in missing
    ]


def _idle(plan: Plan, line: int, name: str, names: Iterable[str] = (), says: str = "") -> Remark:
    """A remark on what plan.toml says in vain, with the name in the sheets that it may mean."""
    meant = difflib.get_close_matches(name, sorted(names), 1, 0.7)
    says = says or ("declaration-resembles" if meant else "declaration-unknown")
    return Remark("declaration-unused", line, name, None, "".join(meant), plan.source, says)


def _idle_translations(sheet: Sheet, written: list[str]) -> list[Remark]:
    """Remarks on what plan.toml (``written``) translates and no year's sheet of the plan says."""
    plan, unknown = sheet.plan, list(sheet.plan.english)
    for year in [sheet.fiscal_year, *_years(plan.id)]:
        if not unknown:
            return []
        try:
            said = set(map(identity, _translatable(_read(plan, year))))
        except (KpiError, OSError):
            return []
        begun = tuple(text.removesuffix(AND_SO_ON) for text in unknown if AND_SO_ON in text)
        said |= {start + AND_SO_ON for start in begun if any(t.startswith(start) for t in said)}
        unknown = [text for text in unknown if text not in said]
    lines = {re.split("[\"']", f'{identity(line)}""')[1]: at for at, line in enumerate(written, 1)}
    return [_idle(plan, lines.get(text, 1), text, says="translation-unused") for text in unknown]


def _translatable(sheet: Sheet) -> Iterator[str]:
    """The texts of a sheet and its plan that a report in English has in English."""
    plan = sheet.plan
    yield from (plan.municipality, plan.name, sheet.title, *sheet.captions.values())
    for declared in plan.declarations.values():
        yield from (declared.name, declared.reason, declared.same_as, declared.formerly)
    yield from (*sheet.rows["name"], *sheet.rows["initiative"], *sheet.commentary["heading"])
    for text in sheet.commentary["text"]:
        yield from text.split("\n")


def _steering(lines: list[tuple[str, int, str]]) -> list[str]:
    """The characters in lines of files that steer a terminal or turn words round."""
    return [
        f"{source} {number}行目: 目に見えない文字（U+{ord(character):04X}）は"
        "使えません。別の文字に書き換えるか、削除してください。"
        for source, number, text in lines
        for character in sorted(set(STEERING.findall(text.strip())))
    ]


def _without_glyph(lines: list[tuple[str, int, str]]) -> list[Remark]:
    """The characters that no font of a report has, each where it stands first."""
    first = {c: (source, number) for source, number, text in reversed(lines) for c in text}
    # What Shift_JIS (CP932) has, a font has, but for letters of private use: to open it for those
    # would take its time.
    rare = "".join(c for c in first if not c.encode("cp932", "ignore") or category(c) == "Co")
    if not rare:
        return []
    from kpi_utils.report import substitutes

    lost = [chr(code) for code, printed in sorted(substitutes(rare).items()) if printed]
    code = "glyph-substituted"
    return [Remark(code, first[c][1], c, exact=f"U+{ord(c):04X}", source=first[c][0]) for c in lost]


def _unescaped(text: str) -> str:
    r"""A line of TOML with the characters that it names by their numbers, or by b and f.

    >>> _unescaped(r"\u5e02\U00005e02 C:\\b")
    '市市 C:\\b'
    """
    named = r"\\(?:u([0-9A-Fa-f]{4})|U(00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4})|([\\bf]))"

    def character(found: re.Match) -> str:
        number = found[1] or found[2]
        return chr(int(number, 16)) if number else {"b": "\b", "f": "\f"}.get(found[3], "\\")

    return re.sub(named, character, text)
