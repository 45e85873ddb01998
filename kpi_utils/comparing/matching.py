"""Which KPI of one year's sheet is which of another's (method 8).

A KPI is the same when its identity is, or when plan.toml declares what it was called before. A
name or figures that are alike are a reason to ask, and never enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from kpi_utils.cells.notation import identity
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.narrative import ALIKE


@dataclass(frozen=True)
class Pair:
    """A KPI's judged rows in an earlier and a later sheet, with exact numbers (``exact_rows``).

    A row has its KPI's ``name`` and all of its ``listings``; it is empty where its sheet lacks the
    KPI.
    """

    before: Evaluation
    after: Evaluation
    old: dict
    new: dict

    @property
    def years(self) -> dict[str, int]:
        """The fiscal years of both sheets, as messages name them."""
        return {"before": self.before.sheet.fiscal_year, "after": self.after.sheet.fiscal_year}


def paired(before: Evaluation, after: Evaluation) -> list[Pair]:
    """The rows of each KPI in both sheets, in the later one's order, those that it lacks last.

    What is compared is the first listing in a table that lists the KPI in both sheets, for each
    table has targets of its own; where there is no such table, the first listing of each sheet. If
    a notebook has kept a part of a sheet, the other KPIs of it count neither as new nor as dropped.
    """
    same = _same(before, after)
    old = _first_rows(before)
    pairs = []
    for kpi, later in _first_rows(after).items():
        earlier = old.get(same.get(kpi, ""), {})
        if earlier or kpi not in same:
            shared = [row for section, row in later.items() if section in earlier]
            new = next(iter([*shared, *later.values()]), {})
            first = next(iter(earlier.values()), {})
            pairs.append(Pair(before, after, earlier.get(new["section"], first), new))
    for kpi, earlier in old.items():
        if kpi not in same.values():
            pairs.append(Pair(before, after, next(iter(earlier.values())), {}))
    return pairs


def _same(before: Evaluation, after: Evaluation) -> dict[str, str]:
    """The KPIs of the later sheet that the earlier one has too -> their identity there.

    By identity, else by what ``plan.toml`` declares with ``formerly``, else by name and initiative,
    which only one of them may need. No KPI of the earlier sheet is taken for two.
    """
    old = before.sheet.rows()
    new = after.sheet.rows().drop_duplicates("kpi")
    known = set(old["kpi"])
    addresses = dict(zip(old["address"], old["kpi"], strict=True))
    same = {kpi: kpi for kpi in new["kpi"] if kpi in known}
    for kpi, address in zip(new["kpi"], new["address"], strict=True):
        names = [*after.sheet.plan.former(kpi), addresses.get(address)]
        former = next((name for name in names if name in known), None)
        if kpi not in same and former and former not in same.values():
            same[kpi] = former
    return same


def _first_rows(evaluation: Evaluation) -> dict[str, dict[int, dict]]:
    """The first row that lists a KPI in each table, by KPI and table."""
    named = evaluation.sheet.plan.named
    rows: dict[str, dict[int, dict]] = {kpi: {} for kpi in evaluation.kpis["kpi"]}
    about = evaluation.kpis.set_index("kpi")[["name", "listings"]].to_dict("index")
    for row in evaluation.records:
        kpi = row["kpi"]
        if kpi in rows:
            own_name = {"name": named(kpi, about[kpi]["name"])}
            rows[kpi].setdefault(row["section"], row | about[kpi] | own_name)
    return rows


def likely_renames(dropped: list[dict], new: list[dict]) -> Iterator[tuple[dict, dict, bool]]:
    """Pairs of a dropped and a new KPI that may be one and the same under another name.

    Takes and yields rows, and whether the two have the same baseline and target. Otherwise their
    names are as similar as those of a row and of a heading of the commentary must be.
    """
    for later in new:
        figures = _figures(later)
        same = [] if None in figures else [old for old in dropped if _figures(old) == figures]
        names = {old["kpi"]: old for old in same or dropped}
        for name in get_close_matches(later["kpi"], names, 1, 0 if same else ALIKE):
            yield names[name], later, bool(same)


def _figures(row: dict) -> tuple:
    """Baseline and target of a row, each with its unit."""
    return row["baseline"], identity(row["unit"]), row["target"], identity(row["target_unit"])
