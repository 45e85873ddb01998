"""The chapter of what changed since last year's sheet."""

from collections.abc import Callable

from kpi_utils.comparing.changes import Changes
from kpi_utils.language import say
from kpi_utils.report.chapters import words
from kpi_utils.showing.change_charts import paths
from kpi_utils.showing.change_tables import changed, moved, summary
from kpi_utils.showing.drawing import Chart

__all__ = ["changes_chapter"]


def changes_chapter(
    changes: Changes | None, draw: Callable[[str, Chart | None], dict | None]
) -> dict | None:
    """Summary, paths as table and pictures, and what was changed; None where nothing is compared.

    Where last year's sheet cannot be used, only why.
    """
    if changes is None:
        return None
    before = say("year.fiscal", year=changes.year_before)
    chapter = {"title": changes.title}
    if changes.before is None:
        uncompared = say("change-chapter.uncompared", before=before)
        return chapter | {"problems": changes.problems, "uncompared": uncompared}
    pictures, earlier = paths(changes), changes.before.sheet
    return chapter | {
        "problems": [],
        "compared": say(
            "change-chapter.compared",
            title=earlier.plan.said(earlier.title),
            file=earlier.source,
        ),
        "summary": summary(changes),
        "introductions": {
            name: say(f"change-chapter.{name}", before=before)
            for name in ("moved", "paths", "changed")
        },
        "moved": words(moved(changes)),
        "paths": [draw(f"paths-{place}.svg", chart) for place, chart in enumerate(pictures)],
        "changed": words(changed(changes)),
    }
