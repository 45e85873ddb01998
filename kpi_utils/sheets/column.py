"""One column of a table: its head, what stands below it, and the role that it is given."""

from collections.abc import Callable
from dataclasses import dataclass

from kpi_utils.cells.heads import Head
from kpi_utils.cells.notation import NOT_REPORTED, read_cell

# So much of a column is enough to say what stands in it.
_MOST = 0.5


@dataclass
class Column:
    """A column of a table: its head, its role and year, and the unit of its figures.

    ``texts`` are its cells that are not blank; ``of`` is the column whose year it says (role
    "when"). Role "" is a column that is not known.
    """

    index: int
    head: Head
    texts: list[str]
    role: str = ""
    year: int | None = None
    of: int = -1

    def can_be(self, *kinds: str) -> bool:
        """Whether it has no role yet, and its head can be one of these."""
        return not self.role and bool({*kinds} & {*self.head.kinds})

    def holds(self, test: Callable[[str], object]) -> bool:
        """Whether most of its cells pass a test."""
        return sum(map(bool, map(test, self.texts))) > _MOST * len(self.texts)

    def record(self) -> dict:
        """Its record in ``frames.COLUMNS``, but for the section and the number."""
        return {
            "role": self.role,
            "year": self.year,
            "header": self.head.header,
            "unit": self.head.unit,
        }


def is_figure(text: str) -> bool:
    """Whether a cell has a number, or says that there is none yet.

    >>> [is_figure(text) for text in ("12 件", "－", "1-1", "令和4年度", "市民課", "◎")]
    [True, True, False, False, False, False]
    """
    cell = read_cell(text)
    return cell.value is not None or cell.reason == NOT_REPORTED
