"""Next year's form: the newest sheet of a plan, with the new year's cells open, as a workbook.

Before it is put in place it is read back as the sheet that it was made from: what it would lose is
an error, and no form.
"""

import datetime
import tempfile
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from kpi_utils.errors import KpiError
from kpi_utils.judging.judgement import references
from kpi_utils.running.inputs import load, place_of, plan_folder
from kpi_utils.sheets.files import must_be_closed, sheet_years
from kpi_utils.sheets.sheet import Sheet, read_sheet, sheet_cells
from kpi_utils.workbooks.layout import layout
from kpi_utils.workbooks.workbook import Cell, Worksheet, workbook

__all__ = ["Form", "make_form"]

_AS_FORM, _GUIDE = "記入用のシート", "記入要領"
# The first is of the colour that it speaks of.
_STEPS = [
    "この色のセルに記入します。ほかのセルには、{source} の内容がそのまま入っています。",
    "実績は、数字だけを記入します。単位は自動で表示されます。"
    "割合も「34.5」のように記入し、% は付けません。",
    "「実績の年度」は、その値がどの年度のものかを一覧から選びます。"
    "前回の遅れに合わせた年度が入っているときは、正しいかを確かめます。"
    "空白のときは{year}年度の値とみなします。",
    "実績がないときは、実績を空白のままとし、「実績がない理由」を一覧から選びます。",
    "達成度は、実績を記入すると式で計算されます。記入する前は、前回までの実績による達成度を示しています。"
    "1 の色の達成度は、達成又は未達成を一覧から選びます。",
    "「評価及び課題等」には前回の文が入っています。見直し、書き改めます。",
    "保存して閉じ、make report PLAN={plan} YEAR={year} を実行します。",
]
_FLAGGED = (
    "この色になったセルは、実績と理由の両方がある、表示する桁より細かい値である、"
    "割合が1%以下である（% を付けて入力した）、又は再掲の行と値が違うものです。確かめてください。"
)
_RULES = [
    "当初値、目標値又は過去の実績を改めるときは、そのセルを書き改めます。"
    "数値のセルに数字だけを入力すると、年度と単位は前のとおり表示されます。"
    "年度や単位も変わるときは、「2022年度 34.5 %」のように文字で入力します。",
    "「15%以下」のように文字で示された目標値を改めたときは、達成度の式の中の数値も改めます。",
    "指標を加えるときは、表の中の行を写して挿入し、重ならない No. を付けます。",
    "指標をやめるときは、その行を削除します。No. を付け直したときは、"
    "「評価及び課題等」の【(1)No.2】なども改めます。",
    "表の見出し及び列は変えないでください。",
]


@dataclass(frozen=True)
class Form:
    """A form that was made: its file in the project, and the sheet that it was made from.

    ``given`` is what its formulas give, as in ``layout.Layout``.
    """

    path: str
    sheet: Sheet
    given: dict[tuple[int, int], str]

    def differing(self) -> list[str]:
        """The rows whose formula does not give what the sheet prints, each as a sentence."""
        published = self.sheet.rows.set_index(["section", "no"])["published"]
        return [
            f"{references([listing])}: 達成度の式は「{given}」となり、"
            f"{self.sheet.source} の「{published[listing]}」と異なる。"
            for listing, given in self.given.items()
            if given != published[listing]
        ]


def make_form(plan: str, fiscal_year: int) -> Form:
    """Write ``data/PLAN/YEAR.xlsx``, the form of a fiscal year, from the newest sheet before it.

    Raises KpiError where there is a file of that year already, no sheet of an earlier one, or a
    newer one; where that sheet cannot be used; and where the form would not hold all of it.
    """
    folder = plan_folder(plan, {"fiscal_year": fiscal_year})
    path, place = folder / f"{fiscal_year}.xlsx", f"{place_of(folder)}/{fiscal_year}.xlsx"
    sheet = load(plan, _newest_year(folder, place_of(folder), fiscal_year))
    must_be_closed(path, place)
    made = layout(sheet, fiscal_year, as_form=True)
    created = datetime.date(fiscal_year, 4, 1)
    content = workbook([made.worksheet, _guide(sheet, fiscal_year)], created)
    with tempfile.TemporaryDirectory(prefix=f".{fiscal_year}-", dir=folder) as beside:
        whole = Path(beside, path.name)
        whole.write_bytes(content)
        if lost := _lost(sheet, whole, made.given):
            raise KpiError(lost)
        whole.rename(path)
    return Form(place, sheet, made.given)


def _newest_year(folder: Path, source: str, fiscal_year: int) -> int:
    """The fiscal year of the newest sheet, which must be an earlier one."""
    if found := sorted(path.name for path in folder.glob(f"{fiscal_year}.*")):
        raise KpiError(
            f"{source}/{found[0]} が既にあるため、記入用のシートを作りません。"
            "作り直すときは、そのファイルを別の場所に移してから、もう一度実行してください。"
        )
    years = sheet_years(folder)
    if not years:
        raise KpiError(
            f"{source} にシートが1件もないため、記入用のシートを作れません。"
            "前の年度のシートを、年度を名前としてこの場所に置いてください。"
        )
    if years[-1] > fiscal_year:
        raise KpiError(
            f"{source} には{years[-1]}年度のシートがあるため、{fiscal_year}年度の記入用のシートを"
            f"作りません。{years[-1] + 1} 以降の年度を指定してください。"
        )
    return years[-1]


def _guide(sheet: Sheet, fiscal_year: int) -> Worksheet:
    """The worksheet that says how the form is filled in."""
    known = {"source": sheet.source, "year": fiscal_year, "plan": sheet.plan.id}
    steps = [(f"{number}", step.format(**known)) for number, step in enumerate(_STEPS, 1)]
    lines = [("", "記入の手順"), *steps, ("確認", _FLAGGED), ("", "そのほか")]
    lines += [("・", rule) for rule in _RULES]
    cells = [
        Cell(0, 0, f"{fiscal_year}年度 進捗評価シートの記入要領", "title"),
        Cell(1, 0, sheet.title, "caption"),
    ]
    looks = {"1": "entry_centre", "確認": "flag"}
    for row, (mark, text) in enumerate(lines, 3):
        if not mark:
            cells.append(Cell(row, 0, text, "caption"))
            continue
        cells += [Cell(row, 0, mark, looks.get(mark, "centre")), Cell(row, 1, text)]
    return Worksheet(_GUIDE, cells, [8, 110])


def _lost(sheet: Sheet, form: Path, given: dict[tuple[int, int], str]) -> list[str]:
    """What a form, read as its sheet, does not say as that does; achievements as the formulas."""
    try:
        back = read_sheet(form, sheet.plan, sheet.fiscal_year, _AS_FORM)
    except KpiError as error:
        return [f"{sheet.source}: {_AS_FORM}に移すと読み取れません。{error}"]
    pairs = zip_longest(_texts(sheet), _texts(back), fillvalue="")
    lost = [f"「{_short(text)}」" for text, read in pairs if text != read]
    published = sheet.columns[sheet.columns["role"] == "published"].set_index("section")["header"]
    for section, header in published.items():
        printed = sheet_cells(sheet, section)
        printed[header] = [given.get(listing, text) for listing, text in printed[header].items()]
        read = sheet_cells(back, section).reindex(index=printed.index, columns=printed.columns)
        for listing, texts in printed.iterrows():
            lost += [
                f"{references([listing])} 列「{head}」の「{_short(text)}」"
                for head, text in texts.items()
                if text != read.loc[listing, head]
            ]
    return [
        f"{sheet.source}: {text}を{_AS_FORM}に移せません。"
        "長すぎる文、制御文字など、Excel のセルに入らないものがないか確かめてください。"
        for text in lost
    ]


def _texts(sheet: Sheet) -> list[str]:
    """What a sheet says outside of its tables."""
    blocks = [
        text
        for block in sheet.commentary.itertuples()
        for text in (block.heading + block.references_raw, *block.text.split("\n"))
    ]
    notes = [text for _, _, text in sheet.notes]
    return [sheet.title, *sheet.captions.values(), *notes, *blocks]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
