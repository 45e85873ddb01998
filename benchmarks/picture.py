"""Draw the README's pictures: of the committed report, and of what a check says of a table."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from kpi_utils.showing.drawing import font_files

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "reports/kumamoto/2022/evaluation.pdf"
# Pages to read, the width of each and the space around it; and how all of them are laid out.
PAGES, WIDTH, GAP = (1, 2, 4), 560, 12
ACROSS, SMALL_WIDTH, SMALL_GAP = 6, 240, 6
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


def main() -> None:
    report = pypdfium2.PdfDocument(REPORT)

    def drawn(number: int, width: int) -> Image.Image:
        page = report[number]
        return page.render(scale=width / report[0].get_width()).to_pil()

    shown = [drawn(number - 1, WIDTH) for number in PAGES]
    every = [drawn(number, SMALL_WIDTH) for number in range(len(report))]
    for name, picture, colours in (
        ("kumamoto-2022.png", sheet(shown, len(shown), GAP), 128),
        ("contact-sheet.png", sheet(every, ACROSS, SMALL_GAP), 64),
        ("check.png", checked(), 16),
    ):
        path = ROOT / "docs" / name
        picture.quantize(colours, Image.Quantize.FASTOCTREE).save(path, optimize=True)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
