"""Remarks on what plan.toml declares in vain, and on characters that a report cannot show."""

import difflib
import re
from collections.abc import Iterable, Sequence
from unicodedata import category

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.errors import STEERING, mistake
from kpi_utils.lines.line import Remark, place
from kpi_utils.plan import address
from kpi_utils.sheets.sheet import Sheet


def unused_entries(sheets: list[Sheet], lines: list[str]) -> list[Remark]:
    """Remarks on declarations, heads and years that none of a plan's sheets has.

    ``lines`` are those of plan.toml.
    """
    plan = sheets[0].plan
    listed = [{*each.rows()["name"].map(identity), *each.rows()["address"], ""} for each in sheets]
    known_names = set[str]().union(*listed)
    unknown_names = {
        (declared.line, name)
        for declared in plan.declarations.values()
        for name in (declared.name, declared.same_as, declared.formerly)
        if identity(name) not in known_names
    }
    rows = pd.concat([each.rows()[["name", "initiative"]] for each in sheets])
    names = sorted({*map(label, rows["name"]), *map(address, rows["name"], rows["initiative"])})
    # The line of each entry, what stands there, what is said of it, and what it is like.
    unused = []
    for line, name in sorted(unknown_names):
        similar = "".join(difflib.get_close_matches(name, names, n=1, cutoff=0.7))
        says = "declaration-resembles" if similar else ""
        unused.append((line, name, says, similar))
    heads = {identity(head) for each in sheets for head in each.columns["header"]}
    # The number of each line by its first text in quotation marks, as identity.
    quoted = [re.split("[\"']", f'{identity(line)}""')[1] for line in lines]
    line_of = {text: number for number, text in enumerate(quoted, 1)}
    unused += [
        (line_of.get(head, 1), head, "head-unused", "") for head in plan.heads if head not in heads
    ]
    years = {f"{each.fiscal_year}" for each in sheets}
    for year in sorted(plan.documents.keys() - {"", *years}):
        named = [number for number, line in enumerate(lines, 1) if f"[report.{year}]" in line]
        unused.append((next(iter(named), 1), f"[report.{year}]", "report-unused", ""))
    return [
        Remark("declaration-unused", line, text, exact=exact, says=says, source=plan.source)
        for line, text, says, exact in unused
    ]


def steering_characters(lines: Iterable[tuple[str, int | str, str]]) -> list[str]:
    """A sentence for each character that steers a terminal or reverses text; with file and line."""
    return [
        mistake("sheet.steering", where=place(f"{source}:{number}"), code=ord(character))
        for source, number, text in lines
        for character in sorted(set(STEERING.findall(text.strip())))
    ]


def characters_without_glyph(lines: Sequence[tuple[str, int | str, str]]) -> list[Remark]:
    """Remarks on the characters that no font of a report has, each at its first line."""
    first = {c: (source, number) for source, number, text in reversed(lines) for c in text}
    # The fonts have all characters of Shift_JIS (CP932) except those of private use. So the slow
    # opening of the fonts is rarely needed.
    rare = "".join(c for c in first if not c.encode("cp932", "ignore") or category(c) == "Co")
    if not rare:
        return []
    from kpi_utils.report import substitutes

    missing = [chr(code) for code, printed in sorted(substitutes(rare).items()) if printed]
    return [
        Remark("glyph-substituted", number=number, text=c, exact=f"U+{ord(c):04X}", source=source)
        for c in missing
        for source, number in [first[c]]
    ]
