"""The rules of the notation: a normalised text -> years, marks and values, in any order.

A cell holds years, marks (what stands beside a number: 約, 暫定, 累計, ※1) and values, each with or
without brackets. Reading stops where no rule matches: ``Parts.rest``. docs/notation.md has the
rules in words, with an example of each.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from kpi_utils.cells.letters import WORDS, compiled, pattern, rules, squeezed
from kpi_utils.cells.years import year_at

ERROR_VALUE = compiled("error_value", re.IGNORECASE)


@dataclass
class Parts:
    """What the rules have read of a text; a span is a pair of indices in the text.

    ``years`` are fiscal years; ``short`` are years without an era (19年度), as printed; ``dates``
    are the spans of both. ``marks`` are spans, ``values`` matches; ``dash`` says whether a dash
    stands in place of a value. ``rest`` is the index from which no rule has matched yet.
    """

    years: list[int] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    dates: list[tuple[int, int]] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    values: list[re.Match] = field(default_factory=list)
    dash: bool = False
    rest: int = 0

    def mark(self, match: re.Match) -> None:
        """Records a match as a mark, without trailing spaces, and moves ``rest`` to its end."""
        self.marks.append((match.start(), match.start() + len(match[0].rstrip())))
        self.rest = match.end()


def scan(text: str, start: int, end: int, in_brackets: bool = False) -> Parts:
    """Read a normalised text from left to right, as far as the rules go."""
    parts, is_read = Parts(rest=start), True
    while is_read and parts.rest < end:
        is_read = (
            _read_beside(text, end, in_brackets, parts)
            or _read_year(text, end, in_brackets, parts)
            or _read_value(text, end, parts)
        )
    return parts


def _read_beside(text: str, end: int, in_brackets: bool, parts: Parts) -> bool:
    """Reads a space, a bracket or a mark. Returns False if none of these follows."""
    start = parts.rest
    # A colon after a year separates it from its value: R5：15.
    if text[start].isspace() or (text[start] == ":" and start in {last for _, last in parts.dates}):
        parts.rest += 1
        return True
    if bracket := compiled("bracket").match(text, start, end):
        if is_read := _read_bracket(text, bracket, parts):
            parts.rest = bracket.end()
        return is_read
    mark = compiled("mark").match(text, start, end)
    if not mark and in_brackets:
        mark = compiled("in_brackets").fullmatch(text, start, end)
    if mark:
        parts.mark(mark)
    return bool(mark)


def _read_year(text: str, end: int, in_brackets: bool, parts: Parts) -> bool:
    """Reads a year. Returns False if none follows."""
    start = parts.rest
    if year := year_at(text, start, end, bare=in_brackets):
        parts.years.append(year[0])
        parts.rest = year[1]
    elif short := compiled("short_year").match(text, start, end):
        parts.short.append(short[0])
        parts.rest = short.end()
    else:
        return False
    parts.dates.append((start, parts.rest))
    return True


def _read_value(text: str, end: int, parts: Parts) -> bool:
    """Reads a value, a dash in its place, or a word before it. Returns False if none follows."""
    start = parts.rest
    values = (rule.match(text, start, end) for rule in rules("value_rules", text))
    if value := next(filter(None, values), None):
        parts.values.append(value)
        if value.groupdict().get("parts"):
            parts.marks.append(value.span("parts"))
        parts.rest = value.end()
        return True
    if parts.values:
        return False
    if dash := compiled("dashed").match(text, start, end):
        parts.dash, parts.rest = True, dash.end()
        return True
    word = compiled("word_before").match(text, start, end)
    if word:
        parts.mark(word)
    return bool(word)


def _read_bracket(text: str, bracket: re.Match, parts: Parts) -> bool:
    """Reads the bracket's content. Returns False if no rule matches."""
    start, end = bracket.span(1)
    explained = bracket[0].startswith("[") and bracket[1] and compiled("explained").search(text)
    if explained or _is_gloss(text, bracket, parts):
        parts.marks.append(bracket.span())
        return True
    inner = scan(text, start, end, in_brackets=True)
    if inner.rest < end:
        return False
    if inner.values:
        # A percentage is the value if it is alone, and a gloss after a value in another unit.
        value, *more = inner.values
        units = [other.groupdict().get("unit") for other in (*parts.values, value)]
        shares = any("%" in text[slice(*span)] for span in parts.marks)
        if more or inner.years or inner.short or inner.marks or shares:
            return False
        if units[-1] != "%" or {"", "%", None} & set(units[:-1]):
            return False
        if not parts.values:
            parts.values.append(value)
    parts.years += inner.years
    parts.short += inner.short
    parts.dash |= inner.dash
    if inner.values or inner.marks:
        parts.marks.append(bracket.span())
    elif inner.dates:
        parts.dates.append(bracket.span())
    return bool(inner.values or inner.marks or inner.dates)


def _is_gloss(text: str, bracket: re.Match, parts: Parts) -> bool:
    """Whether a bracket only explains the value beside it, and does not change it."""
    units = [value.groupdict().get("unit") for value in parts.values]
    kind = "word_glosses" if None in units else "gloss_rules"
    glosses = (rule.fullmatch(text, *bracket.span(1)) for rule in rules(kind, text))
    if gloss := next(filter(None, glosses), None):
        # 延べ is a gloss only if it counts another thing: 年12人(延べ300日).
        counted = gloss.groupdict().get("unit")
        return counted is None or (bool(units) and not {counted, None} & {*units})
    if parts.values and _are_parts(bracket[1], **parts.values[-1].groupdict("")):
        return True
    beside = parts.values or re.match(rf"\s*{pattern('number')}(?!\s*年)", text[bracket.end() :])
    # Words are a remark on the number beside them; those behind a bare one may be its unit.
    is_unit = not any(units) and compiled("counted").fullmatch(bracket[1])
    is_words = compiled("remark").fullmatch(bracket[1])
    return bool(beside and is_words) and not (is_unit or compiled("no_remark").search(bracket[1]))


def _are_parts(text: str, value: str = "", head: str = "", unit: str = "%", **_: str) -> bool:
    """Whether figures, each after a word, add up to a value: 60人(男40人、女20人); never in %."""
    is_plain = unit != "%" and compiled("digits").fullmatch(head + value)
    if not (is_plain and compiled("named_parts").fullmatch(text)):
        return False
    figures = [value, *compiled("digits").findall(text)]
    total, *parts = (Decimal(figure.replace(",", "")) for figure in figures)
    return total == sum(parts)


def says_no_value(text: str) -> bool:
    """Whether a text is a dash or a word for no value; only dates and notes may have digits."""
    plain = compiled("times").sub("", text)
    return not re.search(r"\d", plain) and bool(
        compiled("without_value", re.DOTALL).fullmatch(plain.strip())
    )


def closed(text: str) -> list[int]:
    """The indices of spaces that break a number, as PDF text does: "1 6 ,3 7 7" is 16,377.

    A comma's group or a decimal point must prove that they stand in one number, and either each
    digit stands alone, or no cut leaves two pieces that are both numbers.

    >>> closed("△6,27 5"), closed("3,756 404")
    ([5], [])
    """
    is_number = compiled("digits").fullmatch
    spaces = []
    for run in compiled("broken_number").finditer(text):
        pieces = run[0].split()
        joined = "".join(pieces)
        is_spelt = all(sum(c.isdigit() for c in piece) == 1 for piece in pieces) and re.fullmatch(
            r"\d{1,3}(?:,\d{3})+(?:\.\d)?|\d+\.\d", joined
        )
        cuts = range(1, len(pieces))
        is_uncut = not any(
            is_number("".join(pieces[:cut])) and is_number("".join(pieces[cut:])) for cut in cuts
        )
        is_complete = is_number(joined) and not any(piece[-1] in ",." for piece in pieces)
        if is_complete and re.search("[,.]", joined) and (is_spelt or is_uncut):
            spaces += [position for position in range(*run.span()) if text[position].isspace()]
    return spaces


def cause_of(text: str, rest: str, parts: Parts) -> tuple[str, str]:
    """Why a text is not one value: the code of the first cause that fits, and the part at fault."""
    part = "".join(rest.split()[:1])
    if is_doubled(text):
        return "doubled", part
    if compiled("series").fullmatch(text):
        words = re.findall(rf"([^\W\d_]+)\s*:?\s*{pattern('number')}", text)
        return "series", "\n".join(words)
    return _cause(text, rest, parts), part


def _cause(text: str, rest: str, parts: Parts) -> str:
    for evidence, cause in WORDS["causes"].items():
        if re.search(evidence, text):
            return cause
    if says_no_value(rest):
        return "no-value-beside"
    if re.match(r"[(\[〈<《【〔]\D*\d", rest) and not parts.dash:
        return "bracket-beside" if parts.values else "bracket"
    if len(compiled("number").findall(compiled("date").sub("", text))) > 1:
        return "several"
    directed = any("direction" in value.groupdict() for value in parts.values)
    if directed or re.search("増|減|上昇|低下|向上", rest):
        return "change"
    return "part" if rest else "several"


def is_doubled(text: str) -> bool:
    """Whether each character stands twice, as in text of a PDF that was printed twice over."""
    letters = squeezed(text)
    return letters[::2] == letters[1::2] and not letters.isdigit()
