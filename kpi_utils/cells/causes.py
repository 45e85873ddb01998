"""Why a cell's text is not one value, by what stands in it."""

import re
import unicodedata

from kpi_utils.cells.grammar import NUMBER, Parts, says_no_value
from kpi_utils.cells.units import COUNTED
from kpi_utils.cells.years import DATE

__all__ = ["Unreadable", "cause_of", "is_doubled"]

# Why a cell cannot be read, by what stands in it; the first that fits is said.
_CAUSES = {
    r"\(cid:": "cid",
    r"\d,(?!\d{3}(?!\d))\d|\d{4},\d": "separator",
    r"\d\.\d+\.\d": "run-on",
    "参考": "reference",
    "超過": "excess",
    "比|並み|上回|下回": "comparison",
    "かつ": "conditions",
}
# 小 91.0% 中 84.0%: a value for each of several words.
_SERIES = re.compile(rf"(?:\s*[^\W\d_]{{1,8}}\s*:?\s*{NUMBER}\s*(?:[%‰位]|{COUNTED})){{2,}}\s*")


class Unreadable(Exception):
    """A cell that cannot be read: its ``cause``, and the part at which no rule reads on."""

    def __init__(self, cause: str, part: str = ""):
        self.cause, self.part = cause, part


def cause_of(text: str, rest: str, parts: Parts) -> tuple[str, str]:
    """Why a text is not one value: the first cause that fits, and the part that it is about."""
    if not is_doubled(text) and _SERIES.fullmatch(text):
        words = re.findall(rf"([^\W\d_]+)\s*:?\s*{NUMBER}", text)
        return "series", "".join(f"「{word}」" for word in words)
    return _cause(text, rest, parts), rest.split()[0] if rest.split() else ""


def _cause(text: str, rest: str, parts: Parts) -> str:
    if is_doubled(text):
        return "doubled"
    for pattern, cause in _CAUSES.items():
        if re.search(pattern, text):
            return cause
    if says_no_value(rest):
        return "no-value-beside"
    if re.match(r"[(\[〈<《【〔]\D*\d", rest) and not parts.dash:
        return "bracket-beside" if parts.values else "bracket"
    if len(re.findall(NUMBER, re.sub(DATE, "", text))) > 1:
        return "several"
    directed = any("direction" in value.groupdict() for value in parts.values)
    if directed or re.search("増|減|上昇|低下|向上", rest):
        return "change"
    return "part" if rest else "several"


def is_doubled(text: str) -> bool:
    """Whether each character stands twice, as in text of a PDF that was printed twice over."""
    squeezed = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return squeezed[::2] == squeezed[1::2] and not squeezed.isdigit()
