"""The one error that is meant for people (KpiError): Japanese sentences, without a traceback."""

import errno
import os
import re
import tomllib
from pathlib import Path

# Characters that control a terminal, reverse the direction of text, or belong to no text.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

# The longest path that most programs on Windows accept, in characters.
MAX_PATH = 259

_SENTENCES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


class KpiError(Exception):
    """Input that cannot be used: what is wrong, where it stands, and what to do about it.

    Takes all problems at once, one Japanese sentence each, so that an analyst mends a sheet in
    one go. ``cell`` is the number of the notebook's cell that raised the error. A character that
    would control a terminal is shown by its code.

    >>> print(KpiError(["表(1)がありません。", "表(2)がありません。"]))
    表(1)がありません。
    表(2)がありません。
    """

    def __init__(self, problems: str | list[str], cell: int | None = None):
        problems = [problems] if isinstance(problems, str) else problems
        self.problems = [
            STEERING.sub(lambda character: f"（U+{ord(character[0]):04X}）", problem)
            for problem in problems
        ]
        self.cell = cell
        super().__init__("\n".join(self.problems))

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: in JupyterLab the analyst sees the message and no Python.
        return [f"エラー: {problem}" for problem in self.problems]


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, in Japanese.

    >>> reason(OSError(errno.ENOSPC, "No space left on device"))
    'ディスクの空きがありません'
    """
    if os.name == "nt" and error.errno == errno.EACCES:
        return mistake("reason.open")
    if os.name == "nt" and len(str(error.filename or "")) > MAX_PATH:
        return mistake("reason.deep")
    if error.errno == errno.ENOENT and not error.filename:
        return mistake("reason.nowhere")
    known = _SENTENCES["reason"].get(errno.errorcode.get(error.errno or 0))
    return known or mistake("reason.other", said=error.strerror or error)


def mistake(key: str, /, **values) -> str:
    """The sentence of errors.toml under a key, such as "form.exists", with its values.

    >>> mistake("plan.range-order", where="data/kakuu/plan.toml 8行目 [[kpi]]")
    'data/kakuu/plan.toml 8行目 [[kpi]]: lower が upper を上回っています。'
    """
    table, _, name = key.partition(".")
    return _SENTENCES[table][name].format(**values)
