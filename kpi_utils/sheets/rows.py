"""A row of a table: what is one for all of its cells, and the cells."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import Cell, identity, label


class TableCell(NamedTuple):
    """A cell of a table: where it stands, its text, and what that says in the unit of its row.

    ``cell`` is None for a text that is no figure: a name, or a cell of an entry column. ``column``
    is the number of its column, from 1; None where the table has no column of its role.
    """

    role: str
    column_year: int | None
    raw: str
    source: str
    cell: Cell | None
    column: int | None


@dataclass
class Row:
    """A row of a table: what is one for all of its cells (``row`` in frames.toml), and the cells.

    ``kpi`` and ``address`` are as by its name alone until ``told_apart`` gives them.
    """

    section: int
    no: int
    name: str
    initiative_raw: str
    initiative: str
    unit: str
    source: str
    cells: list[TableCell]
    no_raw: str = ""
    sheet_direction: str = ""
    department: str = ""
    next_step: str = ""
    part: str = ""
    kpi: str = field(init=False)
    address: str = field(init=False)
    label: str = field(init=False)
    goals: str = field(init=False)
    relisted: bool = field(init=False)

    def __post_init__(self):
        marks = re.findall(r"【([^】]*)】", self.name)
        self.kpi = self.address = identity(self.name)
        self.label = label(self.name)
        self.goals = ",".join(mark for mark in marks if squeezed(mark) != "再掲")
        self.relisted = "再掲" in squeezed(self.name)

    def rename(self, name: str) -> None:
        """Give it another name, with all that comes of that."""
        self.name = name
        self.__post_init__()

    @property
    def listing(self) -> tuple[int, int]:
        """The table and the No. in it."""
        return self.section, self.no

    def figures(self, role: str) -> list[TableCell]:
        """The cells of a role."""
        return [cell for cell in self.cells if cell.role == role]


def label_and_name(text: str) -> tuple[str, str]:
    """The label before a name, and the name; a bullet is none.

    >>> label_and_name("(1)福祉施設入所者数"), label_and_name("○外出の頻度")
    (('(1)', '福祉施設入所者数'), ('', '外出の頻度'))
    >>> label_and_name("①　創業支援件数"), label_and_name("25～44歳の就業率")
    (('①', '創業支援件数'), ('', '25～44歳の就業率'))
    """
    match = re.match(
        r"\s*([（(][0-9０-９]{1,3}[)）]|[①-⑳㉑-㉟]|[0-9０-９]{1,3}[.．](?![0-9０-９]))\s*(?=\S)",
        text,
    )
    label = match[1] if match else ""
    return label, re.sub(r"^[○●◎◯・◆◇■□▪]\s*(?=\S)", "", text[match.end() :] if match else text)


def name_parts(rows: list[Row]) -> None:
    """Tell rows of one name apart by what they are a part of: men and women, areas."""
    names = Counter(row.name for row in rows)
    for row in rows:
        if names[row.name] > 1 and row.part:
            row.rename(f"{row.name}（{row.part}）")
