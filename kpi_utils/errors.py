"""The one error that is meant for people: a Japanese message, never a traceback."""

__all__ = ["KpiError"]


class KpiError(Exception):
    """Input that cannot be used: what is wrong, where it stands, and what to do about it.

    Takes all problems at once, one Japanese sentence each, so that an analyst mends a sheet in
    one go and not a line a run.

    >>> print(KpiError(["表(1)がありません。", "表(2)がありません。"]))
    表(1)がありません。
    表(2)がありません。
    """

    def __init__(self, problems: str | list[str]):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: in JupyterLab the analyst sees the message and no Python.
        return [f"エラー: {problem}" for problem in self.problems]
