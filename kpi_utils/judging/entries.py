"""Findings -> entries: those that say the same of many rows are one (method 6)."""

import re
from collections.abc import Mapping

import pandas as pd

from kpi_utils import frames
from kpi_utils.frames import SEVERITIES
from kpi_utils.judging.judgement import references
from kpi_utils.language import Words, say
from kpi_utils.sheets.sheet import line_of

__all__ = ["entries_of"]

# What is said of several findings of a code that do not say the same.
SAYS = Words("entry-says")
# Rows as ``references`` writes them: (1)No.2、8 or (1) No. 2, 8.
_ROWS = re.compile(r"\((\d+)\) ?No\. ?(\d+(?:(?:、|, )\d+)*)")


def entries_of(records: list[dict], labels: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Findings by line, ``frames.FINDINGS``; and their entries, ``frames.ENTRIES``, gravest first.

    An entry is of one severity and code. ``records`` are those of FINDINGS but for ``entry``; their
    ``differs`` says in a few words what is not the same in every row (by default, the text), and
    is blank where nothing is. ``labels`` are the names of the KPIs.
    """
    rank = list(SEVERITIES).index
    found = sorted(records, key=lambda one: (int(line_of(one["source"])), rank(one["severity"])))
    groups: dict[tuple[str, str], list[dict]] = {}
    for one in sorted(found, key=lambda one: rank(one["severity"])):
        groups.setdefault((one["severity"], one["code"]), []).append(one)
    numbers = {key: number for number, key in enumerate(groups, 1)}
    found = [one | {"entry": numbers[one["severity"], one["code"]]} for one in found]
    entries = [_entry(groups[key], labels) | {"entry": numbers[key]} for key in groups]
    return frames.frame(frames.FINDINGS, found), frames.frame(frames.ENTRIES, entries)


def _entry(found: list[dict], labels: Mapping[str, str]) -> dict:
    """The entry of some findings of one code: what they have in common, and what differs."""
    code, said, kpis = found[0]["code"], found[0]["message"], {one["kpi"] for one in found}
    is_same = all(one["message"] == said for one in found)
    is_error = found[0]["severity"] == "error"
    # The text of a cell that is in error is seen in any case.
    is_told = not is_error or all(one["text"] in said for one in found)
    alike: dict[str, list[dict]] = {}
    for one in found:
        text = say("entry.text", text=one["text"]) if is_same or code in SAYS else one["message"]
        differs = one.get("differs", "" if is_same else text)
        alike.setdefault(differs if is_told or not is_same else text, []).append(one)
    parts = [(differs, _rows_of(ones)) for differs, ones in alike.items()]
    # An analyst goes to an error by its row; of the rest what differs is what is read.
    parts = [f"{rows} {text}" if is_error else f"{text}: {rows}" for text, rows in parts]
    if is_same and is_told and len(parts) == 1:
        label = labels.get(found[0]["kpi"], "") if len(kpis) == 1 else ""
        parts = [f"{_rows_of(found)} {label}".strip()]
    if not is_same:
        said = SAYS[code] if code in SAYS else say("entry.other", kind=say(f"finding.{code}"))
    return found[0] | {
        "rows": _rows_of(found),
        "details": "\n".join(part.removeprefix(": ").strip() for part in parts),
        "message": said,
        "source": "、".join(dict.fromkeys(one["source"] for one in found)),
    }


def _rows_of(found: list[dict]) -> str:
    """The rows of some findings, as the sheet refers to them; a dash where they are of no row."""
    named = _ROWS.findall(" ".join(one["rows"] for one in found))
    listings = {(int(section), int(no)) for section, nos in named for no in re.findall(r"\d+", nos)}
    return references(listings) or found[0]["rows"]
