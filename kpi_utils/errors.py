"""The one error that is meant for people: a Japanese message, never a traceback."""

import errno
import re

__all__ = ["STEERING", "KpiError", "reason"]

# What steers a terminal, turns its words round, or is no character of a text at all.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_REASONS = {
    errno.EACCES: "読み書きする権限がありません",
    errno.EPERM: "読み書きする権限がありません",
    errno.EROFS: "読み取り専用です",
    errno.ENOSPC: "ディスクの空きがありません",
    errno.EDQUOT: "ディスクの割当てを使い切りました",
    errno.EIO: "ディスクの読み書きに失敗しました",
    errno.ENOENT: "見つかりません",
    errno.EEXIST: "同じ名前のファイルが既にあります",
    errno.ENOTDIR: "フォルダーがあるべき場所に、ファイルがあります",
    errno.EISDIR: "ファイルがあるべき場所に、フォルダーがあります",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.EMFILE: "同時に開いているファイルが多すぎます",
    errno.ENFILE: "同時に開いているファイルが多すぎます",
}


class KpiError(Exception):
    """Input that cannot be used: what is wrong, where it stands, and what to do about it.

    Takes all problems at once, one Japanese sentence each, so that an analyst mends a sheet in
    one go and not a line a run. ``cell`` is the number of the notebook's cell that it comes from.
    What would steer a terminal is shown by its number.

    >>> print(KpiError(["表(1)がありません。", "表(2)がありません。"]))
    表(1)がありません。
    表(2)がありません。
    """

    def __init__(self, problems: str | list[str], cell: int | None = None):
        problems = [problems] if isinstance(problems, str) else problems
        self.problems = [STEERING.sub(_by_number, problem) for problem in problems]
        self.cell = cell
        super().__init__("\n".join(self.problems))

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: in JupyterLab the analyst sees the message and no Python.
        return [f"エラー: {problem}" for problem in self.problems]


def _by_number(found: re.Match) -> str:
    return f"（U+{ord(found[0]):04X}）"


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, in Japanese.

    >>> reason(OSError(errno.ENOSPC, "No space left on device"))
    'ディスクの空きがありません'
    """
    other = f"読み書きできません（{error.strerror or error}）"
    return _REASONS.get(error.errno, other)
