"""The letters and words by which cells are read.

Texts are compared without regard to width, composition, look-alike letters and invisible
characters. The patterns of the notation are built from ``patterns.toml`` and ``words.toml``.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

# The words and letters by which the cells of a sheet are read.
WORDS, _PATTERNS = (
    tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))
    for name in ("words.toml", "patterns.toml")
)
PATTERN_NAMES = [name for name, of in _PATTERNS.items() if isinstance(of, str)]
# Invisible characters: a text looks the same without them. Characters that reverse the order of
# their neighbours are not among them (``turning``).
UNSEEN = WORDS["letters"]["unseen"]
_IGNORED = re.compile(f"[{UNSEEN}{WORDS['letters']['turning']}]")
_LETTERS = dict(zip(range(0x2E81, 0x2EF3), WORDS["letters"]["radicals"], strict=True))
# A browser's PDF may hold a look-alike: U+2F3E for 戸, which NFKC turns into 戶.
_LETTERS |= str.maketrans("戶‧∕‒", "戸・/–")


def plain(text: str) -> str:
    r"""A text in the form in which texts are compared (method 1).

    That is Unicode NFKC without invisible characters; radicals become the letters they look like.

    >>> plain("Ｎｏ．１"), plain("市\u2ea0の\u2ed1さ"), plain("葛\U000e0100"), plain("\u2f3e\u2027")
    ('No.1', '市民の長さ', '葛', '戸・')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _IGNORED.sub("", text)).translate(_LETTERS)


@lru_cache(maxsize=4096)
def squeezed(text: str) -> str:
    """A text as ``plain`` returns it, without white space: 指　標　名 becomes 指標名."""
    return re.sub(r"\s", "", plain(text))


def _any(words: Iterable[str]) -> str:
    """A pattern for any of the words, also with spaces or line breaks between their letters."""
    return "(?:" + "|".join(r"\s*".join(word) for word in words) + ")"


_COMPARATORS, _DIRECTIONS, _MARKS = WORDS["comparators"], WORDS["directions"], WORDS["marks"]
# Words for the way in which a value moves, alone (増加) or after the value reached (20人に増加).
MOVES = _DIRECTIONS | WORDS["moves"]
_OF_WORDS = {
    "directions": _any(_DIRECTIONS),
    "moves": _any(MOVES),
    "bounds": _any(WORDS["bounds"]),
    # 超過 is the excess over a bound, not a bound.
    "limits": _any(w for w in _COMPARATORS if w not in _DIRECTIONS).replace("超", "超(?!過)"),
    "keeps": _any(word for word in _COMPARATORS if word in _DIRECTIONS),
    "stop_words": "|".join((*chain.from_iterable(_MARKS.values()), *_DIRECTIONS)),
    "summed": _any(_MARKS["cumulative"] + _MARKS["averaged"]),
    "approximate": _any(_MARKS["approximate"]),
    "provisional": _any(_MARKS["provisional"]),
    "beside": _any(WORDS["beside"]),
    "no_value": _any(WORDS["no_value"]),
}


@cache
def pattern(name: str) -> str:
    """The pattern of a name, without white space and comments; patterns that it names are put in.

    >>> pattern("in_brackets").startswith(pattern("western_year")), pattern("month")
    (True, '(?:0?[1-9]|1[0-2])')
    """
    if name in _OF_WORDS:
        return _OF_WORDS[name]
    bare = re.sub(r"\s+#.*|\s+", "", _PATTERNS[name])
    return re.sub(r"\{([a-z_]+)\}", lambda part: pattern(part[1]), bare)


@cache
def compiled(name: str, flags: int = 0) -> re.Pattern:
    """The pattern of a name, compiled."""
    return re.compile(pattern(name), flags)


def rules(kind: str, text: str) -> Iterator[re.Pattern]:
    """The patterns of a kind of rule, in order, except those that need what the text lacks."""
    for name, needed in _PATTERNS[kind].items():
        if all(character in text for character in needed):
            yield compiled(name)
