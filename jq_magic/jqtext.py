"""Cuts the text of a filter into tokens, and puts a text behind the imports that it begins with."""

from __future__ import annotations

import dataclasses
import json
import re

from jq_magic.errors import FilterError, JqMagicError, LimitError, ProgramError
from jq_magic.profile import Profile

#: The tokens of a filter, as far as brackets, strings and comments need it.
#: A backslash takes a comment over a line's end.
TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"?|#(?:[^\n\\]|\\(?:\r\n|[^\r]|\r(?!\n))?)*|[()\[\]{}|,;:]|[^"#()\[\]{}|,;:]+', re.DOTALL
)
#: Words that begin what stands before a filter.
_DIRECTIVE = re.compile(r"\s*(?:module|import|include)\b")
_IMPORT = re.compile(r'\bimport\s+("(?:[^"\\]|\\.)*")\s+as\s+\$?([A-Za-z_]\w*)')


def imports_end(program: str) -> int:
    """Find where the imports that a program begins with end; 0 where it has none."""
    end, is_inside = 0, False
    for match in TOKEN.finditer(program):
        token = match[0]
        if token.isspace() or token.startswith("#"):
            continue
        if not is_inside and _DIRECTIVE.match(token) is None:
            break
        is_inside = token != ";"
        if not is_inside:
            end = match.end()
    return end


def imported(program: str) -> dict[str, str]:
    """Give the paths of the modules that a program begins by importing, by the names that it gives them."""
    paths: dict[str, str] = {}
    tokens = (match[0] for match in TOKEN.finditer(program, 0, imports_end(program)))
    for match in _IMPORT.finditer("".join(token for token in tokens if not token.startswith("#"))):
        try:
            paths[match[2]] = json.loads(match[1])
        except ValueError:
            # No text of jq: the filter's mistake, of which it is told when it is compiled.
            continue
    return paths


@dataclasses.dataclass(frozen=True)
class Extended:
    """A program with a text in it that its author did not write.

    Attributes:
        text: The whole.
        at, added: Where the added text begins, and how long it is, in characters.

    """

    text: str
    at: int = 0
    added: int = 0

    @classmethod
    def of(cls, program: str, added: str) -> Extended:
        """Put a text behind the imports of a program: jq takes imports at the beginning only."""
        at = imports_end(program) if added else 0
        return cls(program[:at] + added + program[at:], at, len(added))

    def correct(self, error: JqMagicError, lines: int = 0) -> None:
        """Say in an error, and in the profile that comes with it, what they say of the program as its author wrote it.

        Args:
            lines: Lines before the program.

        """
        if isinstance(error, (ProgramError, FilterError)):
            at = len(self.text[: self.at].encode())
            error.move(len(self.text[: self.at + self.added].encode()) - at, lines, at=at)
        if error.partial is not None and error.partial.profile:
            profile = self.own(error.partial.profile)
            error.partial = dataclasses.replace(error.partial, profile=profile)
            if isinstance(error, LimitError):
                error.blame(profile.blame(error.limit, lines))

    def own(self, profile: Profile) -> Profile:
        """Give the profile of the program as its author wrote it."""
        return profile.without(self.added, at=self.at)
