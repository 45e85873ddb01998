"""Write the declarations of ``kpi_utils/frames.toml`` into the data dictionary: make dictionary."""

from pathlib import Path

from kpi_utils.frames import SECTIONS, columns_of
from kpi_utils.words import Words

# The files of the dictionary, in the order of the languages in ``frames.toml``.
FILES = {"en": "README.md", "ja": "README.ja.md"}
MARK = "<!-- make dictionary -->\n"


def dictionary(language: str) -> str:
    """The data dictionary in Markdown: a table of columns for each section with an ``about``.

    Those of ``kpis.csv`` have beside them the heads that they have in the workbook.
    """
    tables = []
    words = Words(language)
    place = list(FILES).index(language)
    names = words.of("dictionary")
    for section, declared in SECTIONS.items():
        if "about" not in declared:
            continue
        about = declared["about"][place]
        if "unique" in declared:
            unique = ", ".join(f"`{name}`" for name in declared["unique"])
            about += words.say("dictionary.unique", names=unique)
        heads = words.of("book.column") if section == "kpis-csv" else {}
        lines = [[names["column"], *([names["head"]] if heads else []), names["meaning"]]]
        for name, (_, means) in columns_of(section).items():
            lines.append([f"`{name}`", *([heads[name]] if heads else []), means[place]])
        head, *rows = (f"| {' | '.join(line)} |" for line in lines)
        table = "\n".join([head, f"|{'---|' * len(lines[0])}", *rows])
        tables.append(f"### `{section}`\n\n{about}\n\n{table}")
    return "\n\n".join(tables)


def main() -> None:
    """Writes the dictionary into ``data/README.md`` and its Japanese sister, below a comment."""
    for language, name in FILES.items():
        path = Path("data", name)
        above = path.read_text("utf-8").partition(MARK)[0]
        path.write_text(f"{above}{MARK}\n{dictionary(language)}\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main()
