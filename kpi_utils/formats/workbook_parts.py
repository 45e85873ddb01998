"""The parts of a workbook's file (a ZIP archive of XML), each as a tree of elements.

Elements and attributes go by their local names, the same in strict and transitional files.
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
    # No part of a workbook has a document type; one could declare entities that grow without end.
    raise ValueError


class Parts:
    """The parts of a file, by their names; ``reading`` is the name of the part read last."""

    def __init__(self, content: bytes):
        self.reading = ""
        self.file = zipfile.ZipFile(io.BytesIO(content))
        self.size = sum(part.file_size for part in self.file.infolist())
        names = self.file.namelist()
        self.names = {unquote(name.replace("\\", "/").strip("/").lower()): name for name in names}

    def root(
        self, name: str, take: Mapping[str, Callable[[Element], None]] = MappingProxyType({})
    ) -> Element:
        """The tree of a part; raises one of many errors where the part is no XML.

        An element whose name is in ``take`` is passed to the function there when it ends, and then
        emptied: so the rows of a worksheet are never in memory all at once.
        """
        self.reading = name
        tree = TreeBuilder()

        def start(tag: str, attributes: dict[str, str]) -> None:
            tree.start(_local(tag), {_local(key): value for key, value in attributes.items()})

        def end(tag: str) -> None:
            element = tree.end(_local(tag))
            if element.tag in take:
                take[element.tag](element)
            # A Fallback element repeats the content before it, for older programs.
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
        """The parts that a part, or the file itself, refers to: each by id, as kind and name."""
        folder, base = posixpath.split(name)
        links = posixpath.join(folder, "_rels", f"{base}.rels")
        parts = {}
        for link in self.root(links) if links.lower() in self.names else ():
            target = unquote(link.get("Target", ""))
            part = posixpath.normpath(posixpath.join("/", folder, target)).strip("/")
            if part.lower() in self.names:
                parts[link.get("Id", "")] = link.get("Type", "").rpartition("/")[2], part
        return parts


def text_in(root: Element, *tags: str) -> str:
    """The texts of the elements of a tree that have one of these tags, joined with spaces."""
    return " ".join("".join(node.itertext()) for node in root.iter() if node.tag in tags)


def number_at(element: Element, name: str, default: float = 0) -> float:
    """The number in an attribute of an element; the default where there is no number."""
    try:
        return float(element.get(name, default))
    except ValueError:
        return default


def is_on(element: Element | None, name: str = "val", default: str = "1") -> bool:
    """Whether an attribute of an element says yes: 1, true, on."""
    return element is not None and element.get(name, default) in ("1", "true", "on")
