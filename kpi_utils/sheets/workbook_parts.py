"""The parts of a workbook's file, each as a tree of elements.

Elements and attributes are known by their local names, which strict and transitional files share.
"""

import io
import posixpath
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ParserCreate


@lru_cache(None)
def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _refuse(*_: object) -> None:
    # No part has a document type; entities of its own may grow without end.
    raise ValueError


class Parts:
    """The parts of a file, by their names; ``reading`` is the one that was read last."""

    def __init__(self, content: bytes):
        self.reading = ""
        self.file = zipfile.ZipFile(io.BytesIO(content))
        self.size = sum(part.file_size for part in self.file.infolist())
        names = self.file.namelist()
        self.names = {unquote(name.replace("\\", "/").strip("/").lower()): name for name in names}

    def root(
        self, name: str, take: Mapping[str, Callable[[Element], None]] = MappingProxyType({})
    ) -> Element:
        """The tree of a part; raises one of many errors where it is none.

        Elements whose names are in ``take`` are handed on when they end, and emptied: the rows of a
        worksheet are never in memory all at once.
        """
        self.reading = name
        tree = TreeBuilder()

        def start(tag: str, attributes: dict[str, str]) -> None:
            tree.start(_local(tag), {_local(key): value for key, value in attributes.items()})

        def end(tag: str) -> None:
            element = tree.end(_local(tag))
            if element.tag in take:
                take[element.tag](element)
            # A fallback is the same once more, for older programs.
            if element.tag in take or element.tag == "Fallback":
                element.clear()

        parser = ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = tree.data
        with self.file.open(self.names[name.lower()]) as part:
            parser.ParseFile(part)
        return tree.close()

    def related(self, name: str = "") -> dict[str, tuple[str, str]]:
        """The parts that a part, or the file itself, refers to: kind and name by id."""
        folder, base = posixpath.split(name)
        links = posixpath.join(folder, "_rels", f"{base}.rels")
        parts = {}
        for link in self.root(links) if links.lower() in self.names else ():
            target = unquote(link.get("Target", ""))
            part = posixpath.normpath(posixpath.join("/", folder, target)).strip("/")
            if part.lower() in self.names:
                parts[link.get("Id", "")] = link.get("Type", "").rpartition("/")[2], part
        return parts


def said(root: Element, *of: str) -> str:
    """The texts of a tree's elements of such names."""
    return " ".join("".join(part.itertext()) for part in root.iter() if part.tag in of)


def number_at(element: Element, name: str, default: float = 0) -> float:
    """The number of an attribute, and the default where it has none."""
    try:
        return float(element.get(name, default))
    except ValueError:
        return default


def is_on(element: Element | None, name: str = "val", default: str = "1") -> bool:
    """Whether an element's attribute says yes."""
    return element is not None and element.get(name, default) in ("1", "true", "on")
