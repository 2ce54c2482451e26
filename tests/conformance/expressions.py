"""Regular expressions, flags and texts for them, drawn from a grammar."""

from __future__ import annotations

from random import Random


def _words(text: str) -> list[str]:
    """The parts of a text between blanks."""
    return text.split()


TEXTS = (
    "", "a", "aab", "abcabc", "foo\n", "\n", "a\nb\n", "a\r\nb", "Foo bar-baz.", "a.b-c d_e", "x1 22 333", "1.5 1x5",
    "Zoë", "café au lait", "ÉCOLE école", "Straße STRASSE", "ſoﬀ office", "e\u0301a\u0308o", "日本語 テキスト",
    "Привет, мир", "γειά ΣΑΣ σας", "👨\u200d👩\u200d👧 🇩🇪🇫🇷", "한국어", "\u0661\u0662\u0663", "ab\u00a0cd\u2028ef",
    "aXbX", "((a)b)", "[x]{y}", "abababab", "aaa bbb aaa", "\t\x0b\x0c\x85", "K\u212ak", "ǅ ǆ Ǆ", "face h", "+,-",
    "a&b~c", "tel: 555-1234", "\u0000a\u0001", "İstanbul ı", "ΐ ᾳ ΑΙ", "x" * 30, "ab" * 12 + "c",
)  # fmt: skip
_ALPHABET = "aabbcxyz01 .-_\néßÉsSkKſσΣς\u212aяЯ日e\u0301"
_CHARS = (
    *_words("a b c x ab abc - s ss st k i ff é É ß ſ σ я 日 1 5 _ , / && ~ # ] } { {,2} a{"),
    *_words(r"\. \- \n \t \r \e \x41 \x{e9} \141 \012 \0 \xc3\xa9 \cA \u0041 \h \H \Q1.5\E \Qa+\E \8 \o{141}"),
    " ", r"\x{61 62}",
)  # fmt: skip
_CLASSES = _words(
    r". \w \W \d \D \s \S \N \O \R \X \p{L} \p{Lu} \P{L} \p{^Alpha} \p{Greek} \p{XDigit} \p{Han} \p{InCyrillic} "
    r"\p{Punct} \p{M} \p{Word} \p{foo}"
)
_ANCHORS = _words(r"^ $ \A \z \Z \b \B \G \K \y \Y")
_ITEMS = (
    *_words(r"a b x 1 é ß s k - ^ . [ && ~ ] \] \\ \n \w \d \s \W \S \- \b \p{Lu} \P{L} \p{^L} [:alpha:] [:digit:]"),
    *_words("[:^alpha:] [:space:] [:punct:] [:upper:] [:lower:] [:alnum:] [:word:] [:cntrl:] [:graph:] [:print:]"),
    *_words(r"[:blank:] [:xdigit:] [:ascii:] [:foo:] a-c 0-5 x-z à-ü α-ω а-я +-- \x41-\x5a \d-z \w-. a-\d z-a"),
    " ", r"\101", r"\x{3b1}", "#",
)  # fmt: skip
_QUANTIFIERS = _words(
    "* + ? *? +? ?? *+ ++ ?+ {2} {1,2} {0,1} {2,} {,2} {0} {1,2}? {2}? {1,2}+ {3,1} {1} {0,2} {2}{2} {1,3} ** +*? {2,}?"
)
_FLAGS = ("", "", "", *_words("g g g i gi x gx s gs p l n gn gin ix gl gp gxi"))
_CAPTURING = ("(", "(?<n>", "(?<m>", "(?'q'")
_OPENINGS = _words(
    "( ( ( ( (?: (?: (?: (?<n> (?<m> (?'q' (?= (?! (?<= (?<! (?> (?i) (?i: (?x: (?-i: (?s: (?m: (?i-s: (?# (?~"
)


class Expressions:
    """Draws expressions; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._groups = 0

    def draw(self) -> tuple[str, str, str]:
        """An expression, flags and a text."""
        self._groups = 0
        pick = self._random
        expression = self._alternatives(pick.choice((1, 1, 2, 2, 3)))
        text = pick.choice(TEXTS)
        if pick.random() < 0.4:
            text = "".join(pick.choice(_ALPHABET) for _ in range(pick.randrange(12)))
        return expression, pick.choice(_FLAGS), text

    def _alternatives(self, depth: int) -> str:
        count = self._random.choice((1, 1, 1, 1, 2, 2, 3))
        return "|".join(self._branch(depth) for _ in range(count))

    def _branch(self, depth: int) -> str:
        return "".join(self._piece(depth) for _ in range(self._random.choice((0, 1, 1, 2, 2, 3, 4))))

    def _piece(self, depth: int) -> str:
        pick = self._random
        kind = pick.random()
        if kind < 0.34:
            piece = pick.choice(_CHARS)
        elif kind < 0.5:
            piece = pick.choice(_CLASSES)
        elif kind < 0.62:
            piece = self._class()
        elif kind < 0.70:
            return pick.choice(_ANCHORS)
        elif kind < 0.95 and depth > 0:
            piece = self._group(depth - 1)
        elif kind < 0.98 and self._groups:
            piece = self._reference()
        else:
            piece = pick.choice("abc")
        return piece + (pick.choice(_QUANTIFIERS) if pick.random() < 0.35 else "")

    def _class(self) -> str:
        pick = self._random
        items = "".join(pick.choice(_ITEMS) for _ in range(pick.choice((1, 1, 2, 2, 3))))
        return f"[{pick.choice(('', '', '^'))}{items}]"

    def _reference(self) -> str:
        pick = self._random
        number = pick.randint(1, self._groups)
        forms = (
            rf"\{number} \{number} \k<{number}> \k'{number}' \k<-1> \k<n> \g<{number}> \g<n> \g<-1> (?{number}) (?&n)"
        )
        return pick.choice((*forms.split(), f"(?({number})a|b)", "(?(<n>)b)"))

    def _group(self, depth: int) -> str:
        pick = self._random
        opening = pick.choice(_OPENINGS)
        if opening in _CAPTURING:
            self._groups += 1
        if opening == "(?i)":
            return opening + self._branch(depth)
        body = self._alternatives(depth)
        if opening == "(?#":
            body = body.replace(")", "")
        return f"{opening}{body})"
