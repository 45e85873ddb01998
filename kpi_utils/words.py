"""The words of a report in a language. A message is a code with values until it is shown.

``messages/ja.toml`` and ``messages/en.toml`` have the same keys, and each message the same names in
braces. The sheet's own texts are no messages: they stay as printed, or are translated in plan.toml.
"""

import string
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

# The name of each language in that language.
LANGUAGES = {"ja": "日本語", "en": "English"}
_FOLDER = Path(__file__).with_name("messages")


@dataclass(frozen=True)
class Message:
    """A sentence in no language yet: the key of a message, and its values by name.

    A value is a text, a number, another message, or a tuple of these, which is listed.
    """

    key: str
    values: tuple[tuple[str, Any], ...] = ()


def message(key: str, **values) -> Message:
    """A message of the tables with its values; a list among these becomes a tuple."""
    hashable = ((name, tuple(v) if isinstance(v, list) else v) for name, v in values.items())
    return Message(key, tuple(hashable))


def joined(parts, by: str) -> Message:
    """Parts of a sentence, joined as the messages under ``list`` say: comma, and, quoted …"""
    return message(f"list.{by}", parts=tuple(parts))


class _Formatter(string.Formatter):
    """``{n:KPI|KPIs}`` is a number, or its digits, with its noun in the singular or the plural."""

    def format_field(self, value, spec: str) -> str:
        if "|" not in spec:
            return super().format_field(value, spec)
        one, many = spec.split("|")
        digits = value if isinstance(value, str) else f"{value:,}"
        return f"{digits} {one if digits == '1' else many}"


@dataclass(frozen=True)
class Words:
    """The words of a language, "ja" or "en", for the report on one plan's sheet.

    ``plan`` has the translations of the sheet's own words (``Plan.translation``); without a plan
    these stay as they are printed.
    """

    language: str = "ja"
    plan: Any = field(default=None, compare=False)

    def __deepcopy__(self, _) -> "Words":
        # pandas copies the attributes of a frame at each step.
        return self

    @property
    def is_japanese(self) -> bool:
        """True for Japanese, the language of the sheets."""
        return self.language == "ja"

    def say(self, key: str, **values) -> str:
        """The message of a key with its values.

        Raises KeyError where there is no such message, or no value for a name in it.

        >>> [Words(language).say("unit.points", number="1.9") for language in LANGUAGES]
        ['1.9ポイント', '1.9 points']
        """
        rendered = {name: self.render(value) for name, value in values.items()}
        return _Formatter().format(_entry(self.language, key), **rendered)

    def render(self, value):
        """A message as text; a tuple as a list in a sentence; anything else unchanged.

        >>> Words("ja").render(message("note.blank", role=message("role.actual")))
        '実績が空白'
        """
        match value:
            case Message(key="rows", values=((_, listings),)):
                return self.rows(listings)
            case Message(key="name", values=((_, text),)):
                return self.translated(text)
            case Message(key="amount", values=((_, number), (_, unit), (_, known))):
                return self.amount(number, unit, known)
            case Message(key="in_sentence", values=((_, word),)):
                return in_sentence(self.render(word))
            case Message(key=key, values=(("parts", parts),)) if key.startswith("list."):
                return self.say(key).join(str(self.render(part)) for part in parts)
            case Message(key=key, values=values):
                return self.say(key, **dict(values))
            case tuple():
                return self.listed(value)
        return value

    def of(self, key: str) -> dict[str, str]:
        """The messages of a section, by their codes, in the table's order."""
        return _entry(self.language, key)

    def listed(self, parts) -> str:
        """Words as a list in a sentence."""
        return self.say("list.comma").join(str(self.render(part)) for part in parts)

    def amount(self, number: str, unit: str, known: str) -> str:
        """A number in digits with its unit as printed; ``known`` is the unit's identity.

        >>> Words("ja").amount("2,620", "人", "人"), Words("en").amount("31.9", "", "")
        ('2,620 人', '31.9')
        """
        if not self.is_japanese and known in self.of("number"):
            return self.say(f"number.{known}", number=number)
        is_printed = self.is_japanese or unit.isascii()
        shown = unit if is_printed else self.say("original", text=unit)
        return self.say("unit.plain", number=number, unit=shown).strip()

    def rows(self, listings) -> str:
        """Rows as a sheet refers to them, from pairs of section and No.

        >>> Words("ja").rows([(1, 2), (2, 6), (1, 8)])
        '(1)No.2、8、(2)No.6'
        """
        sections: dict[int, list[str]] = {}
        for section, no in sorted(listings):
            label = self.plan.labels.get((section, no)) if self.plan else None
            sections.setdefault(section, []).append(label or str(no))
        return self.say("reference.between").join(
            self.say("reference.rows", section=section, nos=self.listed(nos))
            for section, nos in sections.items()
        )

    def translated(self, text: str) -> str:
        """A text of the sheet or its plan in this language; marked if it has no translation."""
        if self.is_japanese or text.isascii() or self.plan is None:
            return text
        match self.plan.translation(text):
            case None:
                return self.say("original", text=text)
            case (name, initiative):
                bracketed = self.say("bracketed", text=self.translated(initiative))
                return self.translated(name) + bracketed
            case translation:
                return translation


def in_sentence(word: str) -> str:
    """A word of the tables within a sentence: in English, without its capital letter."""
    return word[:1].lower() + word[1:]


def _entry(language: str, key: str):
    entry = _table(language)
    for part in key.split("."):
        entry = entry[part]
    return entry


@cache
def _table(language: str) -> dict:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))


JAPANESE = Words("ja")
