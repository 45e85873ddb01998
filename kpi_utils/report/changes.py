"""The chapter of what changed since last year's sheet."""

from collections.abc import Callable

from kpi_utils.change_charts import paths
from kpi_utils.change_tables import changed, moved, summary
from kpi_utils.changes import Changes
from kpi_utils.drawing import Chart
from kpi_utils.report.chapters import words
from kpi_utils.report.words import CHANGES

__all__ = ["changes_chapter"]


def changes_chapter(
    changes: Changes | None, draw: Callable[[str, Chart | None], dict | None]
) -> dict | None:
    """Summary, paths as table and pictures, and what was changed; None where nothing is compared.

    Where last year's sheet cannot be used, only why.
    """
    if changes is None:
        return None
    chapter = {"title": changes.title, "before": f"{changes.year_before}年度"}
    if changes.before is None:
        return chapter | {"problems": changes.problems}
    pictures = paths(changes)
    known = {"before": chapter["before"]}
    return chapter | {
        "problems": [],
        "sheet": f"「{changes.before.sheet.title}」（{changes.before.sheet.source}）",
        "summary": summary(changes),
        "introductions": {name: text.format(**known) for name, text in CHANGES.items()},
        "moved": words(moved(changes)),
        "paths": [draw(f"paths-{place}.svg", chart) for place, chart in enumerate(pictures)],
        "changed": words(changed(changes)),
    }
