"""Draw the pictures of the README and the gallery: of reports, and of the check of a table."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from kpi_utils.showing.drawing import font_files

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "reports/kumamoto/2022/evaluation.pdf"
# Pages to read, the width of each and the space around it; and how all of them are laid out.
PAGES, WIDTH, GAP = (1, 2, 4), 560, 12
ACROSS, SMALL_WIDTH, SMALL_GAP = 6, 240, 6
# Made-up plans of the gallery: name, fiscal year, the pages that are shown, and how wide.
PLANS = (("kakuu", 2024, (13,), 800), ("large213", 2022, (1, 2, 9), WIDTH))
# A made-up table, as an office may have it, and how its check is drawn.
TABLE = """\
架空市総合計画 指標一覧（架空のデータ）
施策,指標番号,指標,単位,基準値（R2）,実績値,,目標値（R8）,達成率,担当課
,,,,,R4,R5,,,
子育て,1-1,架空の講座の受講者数,人,100,130,150,200,50%,架空子ども課
環境,2-1,１人１日当たりのごみ排出量,g/人・日,948,941,900,850,49%,架空環境課
"""
TEXT_SIZE, MARGIN, LINE = 15, 16, 25


def sheet(pages: list[Image.Image], across: int, gap: int) -> Image.Image:
    """Pages side by side, in rows of so many."""
    width, height = max(page.width for page in pages) + gap, max(p.height for p in pages) + gap
    rows = -(-len(pages) // across)
    picture = Image.new("RGB", (across * width + gap, rows * height + gap), "#8c8c8c")
    for place, page in enumerate(pages):
        picture.paste(page, (gap + place % across * width, gap + place // across * height))
    return picture


def checked() -> Image.Image:
    """What ``kpi check`` says of the made-up table, as a terminal shows it."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder, "data/yourcity")
        plan.mkdir(parents=True)
        about = '[plan]\nmunicipality = "架空市"\nname = "総合計画"\n'
        (plan / "plan.toml").write_text(about, "utf-8")
        (plan / "2023.csv").write_text(TABLE, "utf-8")
        command = ["kpi", "check", "yourcity", "2023"]
        run = [sys.executable, "-m", "kpi_utils.cli", *command[1:]]
        environment = os.environ | {"KPI_DATA": str(plan.parent)}
        said = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True)
    lines = [f"$ {' '.join(command)}", *said.stdout.rstrip().split("\n")]
    face = ImageFont.truetype(font_files()[0], TEXT_SIZE)
    width = int(max(map(face.getlength, lines))) + 2 * MARGIN
    picture = Image.new("RGB", (width, LINE * len(lines) + 2 * MARGIN), "#1d2126")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + number * LINE), line, "#e6e6e6", face)
    return picture


def drawn(report: pypdfium2.PdfDocument, numbers: Iterable[int], width: int) -> list[Image.Image]:
    """Pages of a report, counted from 1, as pictures; the first page has the width."""
    scale = width / report[0].get_width()
    return [report[number - 1].render(scale=scale).to_pil() for number in numbers]


def made_up_reports() -> dict[str, Image.Image]:
    """Pages of the reports of made-up plans, by the name of the picture's file."""
    # A neighbour of this program, which is found where this is run.
    import large

    pictures = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "notebooks").symlink_to(ROOT / "notebooks")
        shutil.copytree(ROOT / "data/kakuu", folder / "data/kakuu")
        large.make(folder / "data", 213)
        for plan, year, numbers, width in PLANS:
            run = [sys.executable, "-m", "kpi_utils.cli", "report", plan, str(year)]
            subprocess.run(run, cwd=folder, capture_output=True, check=True)
            with pypdfium2.PdfDocument(folder / f"reports/{plan}/{year}/evaluation.pdf") as report:
                pages = drawn(report, numbers, width)
            pictures[f"gallery-{plan}.png"] = sheet(pages, len(pages), GAP)
    return pictures


def main() -> None:
    report = pypdfium2.PdfDocument(REPORT)
    shown = drawn(report, PAGES, WIDTH)
    every = drawn(report, range(1, len(report) + 1), SMALL_WIDTH)
    gallery = [(name, picture, 64) for name, picture in made_up_reports().items()]
    for name, picture, colours in (
        *gallery,
        ("kumamoto-2022.png", sheet(shown, len(shown), GAP), 128),
        ("contact-sheet.png", sheet(every, ACROSS, SMALL_GAP), 64),
        ("check.png", checked(), 16),
    ):
        path = ROOT / "docs" / name
        picture.quantize(colours, Image.Quantize.FASTOCTREE).save(path, optimize=True)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
