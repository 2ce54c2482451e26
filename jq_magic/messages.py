"""Writes text as people read it: shortened, on one line, with the place of a mistake marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: Characters of a message; what is longer is cut.
MESSAGE_CHARS = 4096
#: Columns of a program or input line that are shown around a caret.
EXCERPT_COLUMNS = 72
#: Controls but tab and line end, formats that change the direction or hide, separators, surrogates, tags.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)

#: Joiners that people write, in sequences of emoji, between Arabic letters, and between a virama and a letter, as RFC
#: 5892 (appendix A) has them: they change how their neighbours look, so they are seen.
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_ARABIC = "\u0620-\u064a\u066e-\u06d3\u06ee-\u06ff\u0712-\u072f\u074d-\u077f"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u103a\u17d2"
_JOINER = re.compile(
    f"(?:(?<=[{_EMOJI}])|(?<=[{_EMOJI}]\ufe0f))\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_ARABIC}])[\u200c\u200d](?=[{_ARABIC}])|(?<=[{_VIRAMAS}])[\u200c\u200d](?=[^\\W\\d_])"
)

#: Blanks that jq does not take between the words of a program.
_ODD_BLANK = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def cut(message: str) -> str:
    """The message as `printable` writes it, or its beginning when that is longer than MESSAGE_CHARS."""
    head = printable(message[:MESSAGE_CHARS])
    if len(message) <= MESSAGE_CHARS and len(head) <= MESSAGE_CHARS:
        return head
    count = room = 0
    for character in message[:MESSAGE_CHARS]:
        room += len(printable(character))
        if room > MESSAGE_CHARS:
            break
        count += 1
    return f"{printable(message[:count])}… ({len(message) - count:,} more characters)"


def printable(text: str) -> str:
    """Text of several lines with what moves a terminal's cursor, or changes how others are shown, escaped."""
    return _UNSHOWN.sub(_escaped, text)


def with_blanks(text: str) -> str:
    """Text with the blanks that look like another but are none for jq, such as a no-break space, escaped."""
    return _ODD_BLANK.sub(_escaped, text)


def position(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte offset, from 1; columns count characters."""
    before = text[:offset]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode("utf-8", "replace")) + 1


def excerpt(text: bytes, start: int, end: int, *, lines_before: int = 0) -> list[str]:
    """The line of `text` that `start` is in, cut around it, with carets under `start` to `end`.

    Args:
        lines_before: Lines before the text, which the number of the line counts.

    """
    line_start = text.rfind(b"\n", 0, start) + 1
    line_end = text.find(b"\n", start)
    line_end = len(text) if line_end < 0 else line_end
    # Cut in bytes first: a line can be as long as the input.
    reach = EXCERPT_COLUMNS * 4
    before = _quoted(text[max(line_start, start - reach) : start])
    marked = _quoted(text[start : max(start, min(end, line_end, start + reach))])
    after = _quoted(text[start : min(line_end, start + reach)])[len(marked) :]
    half = EXCERPT_COLUMNS // 2
    if len(before) > half and len(before) + len(marked) + len(after) > EXCERPT_COLUMNS:
        before = "…" + before[-half + 1 :]
    shown = before + marked + after
    if len(shown) > EXCERPT_COLUMNS:
        shown = shown[: EXCERPT_COLUMNS - 1] + "…"
    number = str(position(text, start)[0] + lines_before)
    carets = "^" * max(1, min(columns(marked), EXCERPT_COLUMNS - columns(before)))
    return [f"  {number} | {shown}", f"  {' ' * len(number)} | {' ' * columns(before)}{carets}"]


def visible(text: str) -> str:
    """Text on one line, with tabs as blanks and what cannot be seen or moves the rest escaped."""
    return text if text.isprintable() else "".join(_pieces(text))


def visible_head(text: str, most: int, *, tab: str = " ") -> tuple[str, int]:
    """The beginning of a text as `visible` writes it, `most` characters at most.

    Args:
        tab: What a tab becomes.
    Returns: It, and how many characters of `text` are in it.

    """
    head = text[: max(most, 0)]
    if head.isprintable():
        return head, len(head)
    pieces: list[str] = []
    room = most
    for piece in _pieces(head, tab):
        room -= len(piece)
        if room < 0:
            break
        pieces.append(piece)
    return "".join(pieces), len(pieces)


def columns(text: str) -> int:
    """Columns that a terminal gives to `text`."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(unicodedata.combining(character) != 0 or character in "\u200c\u200d" for character in text)
    return len(text) + wide - combining


def _quoted(text: bytes) -> str:
    return with_blanks(visible(text.decode("utf-8", "replace")))


def _pieces(text: str, tab: str = " ") -> Iterator[str]:
    """Yield what stands for each character of a text."""
    joiners = {match.start() for match in _JOINER.finditer(text)}
    for at, character in enumerate(text):
        yield tab if character == "\t" else character if at in joiners else _visible(character)


def _visible(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
