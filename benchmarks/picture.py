"""Draw the README's pictures of the committed report: three pages to read, and all at a glance."""

from pathlib import Path

import pypdfium2
from PIL import Image

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "reports/kumamoto/2022/evaluation.pdf"
# Pages to read, the width of each and the space around it; and how all of them are laid out.
PAGES, WIDTH, GAP = (1, 2, 4), 560, 12
ACROSS, SMALL_WIDTH, SMALL_GAP = 6, 240, 6


def sheet(pages: list[Image.Image], across: int, gap: int) -> Image.Image:
    """Pages side by side, in rows of so many."""
    width, height = max(page.width for page in pages) + gap, max(p.height for p in pages) + gap
    rows = -(-len(pages) // across)
    picture = Image.new("RGB", (across * width + gap, rows * height + gap), "#8c8c8c")
    for place, page in enumerate(pages):
        picture.paste(page, (gap + place % across * width, gap + place // across * height))
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
    ):
        path = ROOT / "docs" / name
        picture.quantize(colours, Image.Quantize.FASTOCTREE).save(path, optimize=True)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
