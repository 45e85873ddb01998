"""The words of a report, in the language that is spoken: one table of messages each.

``messages/ja.toml`` and ``messages/en.toml`` have the same keys, and each message the same names in
braces. What the sheet says is no message: it stays as printed, or is translated in ``plan.toml``.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = ["LANGUAGES", "Words", "in_sentence", "listed", "say", "speak", "speaking", "spoken"]

# Named in themselves, as a reader looks for them.
LANGUAGES = {"ja": "日本語", "en": "English"}
_FOLDER = Path(__file__).with_name("messages")
_spoken = "ja"


class _Formatter(string.Formatter):
    """``{n:KPI|KPIs}`` is a number, or its digits, with its noun in the singular or the plural."""

    def format_field(self, value, spec: str) -> str:
        if "|" not in spec:
            return super().format_field(value, spec)
        one, many = spec.split("|")
        digits = value if isinstance(value, str) else f"{value:,}"
        return f"{digits} {one if digits == '1' else many}"


class Words(Mapping):
    """The messages under a key, as a mapping in the table's order: a word for each code.

    It speaks the language that is spoken when it is asked.

    >>> dict(Words("severity"))
    {'error': '誤り', 'warning': '注意', 'note': '参考'}
    """

    def __init__(self, key: str):
        self._key = key

    def __getitem__(self, name: str):
        return _found(self._key, _spoken)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_found(self._key, "ja"))

    def __len__(self) -> int:
        return len(_found(self._key, "ja"))


def spoken() -> str:
    """The language that is spoken: "ja" or "en"."""
    return _spoken


def speak(language: str) -> None:
    """Say all that follows in a language, "ja" or "en"; raises ValueError for any other."""
    global _spoken
    if language not in LANGUAGES:
        raise ValueError(language)
    _spoken = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """A block in which a language is spoken; after it, the one before."""
    before = _spoken
    speak(language)
    try:
        yield
    finally:
        speak(before)


def say(key: str, **values) -> str:
    """The message of a key with its values, in the language that is spoken.

    Raises KeyError where there is no such message, or no value for a name in it.

    >>> say("unit.points", number="1.9")
    '1.9ポイント'
    >>> with speaking("en"):
    ...     say("unit.points", number="1.9")
    '1.9 points'
    """
    return _Formatter().format(_found(key, _spoken), **values)


def listed(parts) -> str:
    """Words one after another, as the language that is spoken lists them.

    >>> listed(["a", "b"])
    'a、b'
    """
    return say("list.comma").join(parts)


def in_sentence(word: str) -> str:
    """A word of the tables as it stands within a sentence: in English without its capital."""
    return word[:1].lower() + word[1:]


def _found(key: str, language: str):
    found = _table(language)
    for part in key.split("."):
        found = found[part]
    return found


@cache
def _table(language: str) -> dict:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
