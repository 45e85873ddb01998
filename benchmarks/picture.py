"""Draw the README's picture: pages of the committed report, side by side."""

from pathlib import Path

import pypdfium2
from PIL import Image

ROOT = Path(__file__).parents[1]
PAGES = (1, 2, 6)
WIDTH, GAP = 560, 12


def main() -> None:
    report = pypdfium2.PdfDocument(ROOT / "reports/kumamoto/2022/evaluation.pdf")
    scale = WIDTH / report[0].get_width()
    pages = [report[number - 1].render(scale=scale).to_pil() for number in PAGES]
    size = (len(pages) * (WIDTH + GAP) + GAP, pages[0].height + 2 * GAP)
    picture = Image.new("RGB", size, "#8c8c8c")
    for place, page in enumerate(pages):
        picture.paste(page, (GAP + place * (WIDTH + GAP), GAP))
    path = ROOT / "docs/kumamoto-2022.png"
    picture.quantize(128).save(path, optimize=True)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
