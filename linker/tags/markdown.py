"""What a reader would not take for prose: code and comments hide all, quotes hide codes."""

import re
from typing import NamedTuple

from linker.tags.inline import hide_inline, mask

Spans = list[tuple[int, int]]

_BLOCK_STARTS = ("```", "~~~", "\t", "\n    ")
_QUOTED = re.compile(r"(?:^|[-+*.)])[ ]*+>", re.MULTILINE)
_LINES = re.compile(
    r"^([ \t]*+)(?:([^\s>`~<\-+*0-9#_])|(<!--)|(>)|(\S))?[^\n]*+\n?", re.MULTILINE
)  # blanks, then: a word, a comment, a quote, or anything that may open a block
_BLANKS = re.compile(r"[ \t]*+")
_MARK = re.compile(r"(?:[-+*]|[0-9]{1,9}[.)])(?:([ \t]++)|(?=\r?$))", re.MULTILINE)
_FENCE = re.compile(r"(?:(`{3,}+)[^`\n]*+|(~{3,}+)[^\n]*+)$", re.MULTILINE)
_HEADING = re.compile(
    r"#{1,6}(?:[ \t\r]|$)|(?:-[ \t]*){3,}\r?$|(?:\*[ \t]*){3,}\r?$|(?:_[ \t]*){3,}\r?$", re.MULTILINE
)
_DEEPEST = 10  # containers below this are nobody's prose


class Visible(NamedTuple):
    """The text, offset for offset, as ticket keys see it and as codes do; a hidden character is NUL."""

    keys: str
    codes: str


def visible(text: str) -> Visible:
    """Hide code and comments from keys and codes, and quoted lines from codes."""
    plain = not any(start in text for start in _BLOCK_STARTS)
    if plain and not (">" in text and _QUOTED.search(text)):
        shown = hide_inline(text)
        return Visible(shown, shown)
    walk = _Walk(text)
    walk.lines()
    shown = hide_inline(mask(text, walk.hidden))
    return Visible(shown, mask(shown, walk.quoted))


class _State:
    """The open blocks of one container: a fence, list items by the column of their text, a paragraph."""

    __slots__ = ("fence", "items", "paragraph")

    def __init__(self) -> None:
        self.fence = ""
        self.items: list[int] = []
        self.paragraph = False


class _Walk:
    """One walk over the lines, with as much of CommonMark as decides what is code and what is quoted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hidden: Spans = []
        self.quoted: Spans = []
        self.outer, self.quote, self.quoting = _State(), _State(), False
        self.outer.paragraph = True  # trackers trim what stands before a text, so its first line is prose

    def lines(self) -> None:
        """Judge each line by its first character that is not blank."""
        outer, until = self.outer, 0
        for match in _LINES.finditer(self.text):
            first, (start, end) = match.lastindex, match.span()
            if start < until or first == 3:
                if start >= until and not outer.fence and len(match[1]) < 4:
                    until = self._comment(start + len(match[1]))
                if start < until:
                    outer.paragraph = until < end and not self.text[until:end].isspace()
                    continue
            if first == 2 and outer.paragraph and not outer.fence and not self.quoting:
                continue
            if first == 1:
                outer.paragraph = False
                self.quoting, self.quote = False, _State()
            elif first == 4 and len(match[1]) < 4 and not outer.fence:
                self._quoted_line(start, match.start(4), end)
            else:
                if self.quoting:
                    self.quoting, self.quote = False, _State()
                self._line(outer, match.end(1), end, _columns(match[1]))

    def _line(self, state: _State, at: int, end: int, column: int) -> None:
        if not state.fence or not self._fenced(state, at, end, column):
            self._block(state, at, end, column)

    def _quoted_line(self, start: int, at: int, end: int) -> None:
        """What is quoted has blocks of its own; its paragraph goes on in a line without the mark."""
        self.quoted.append((start, end))
        self.quoting = True
        column = 0
        while self.text.startswith(">", at):
            at += 2 if self.text.startswith(" ", at + 1) else 1
            blanks = _BLANKS.match(self.text, at, end)
            column = _columns(blanks[0]) if blanks else 0
            at += len(blanks[0]) if blanks else 0
        if self.text[at:end].isspace() or at >= end:
            self.quote.paragraph = False
        else:
            self._line(self.quote, at, end, column)
        self.outer.paragraph = self.quote.paragraph

    def _fenced(self, state: _State, at: int, end: int, column: int) -> bool:
        """Whether the line belongs to the open fence; a line left of its list item ends both."""
        if state.items and column < state.items[-1]:
            state.fence = ""
            return False
        self.hidden.append((at, end))
        rest = self.text[at:end].rstrip()
        if len(rest) >= len(state.fence) and not rest.strip(state.fence[0]):
            state.fence, state.paragraph = "", False
        return True

    def _block(self, state: _State, at: int, end: int, column: int) -> None:
        """Open list items one by one, then judge what stands in them."""
        text = self.text
        for _ in range(_DEEPEST):
            mark = _MARK.match(text, at, end)
            if mark and _HEADING.match(text, at, end):
                mark = None
            while state.items and column < state.items[-1] and not (state.paragraph and not mark):
                state.items.pop()
            base = state.items[-1] if state.items else 0
            if column - base >= 4 and not state.paragraph:
                self.hidden.append((at, end))
                return
            if not mark or column - base >= 4:
                break
            state.paragraph = False
            width, blanks = mark.end() - mark.start(), _columns(mark[1] or " ")
            inner = column + width - len(mark[1] or "") + (blanks if blanks <= 4 else 1)
            state.items.append(inner)
            at, column = mark.end(), column + width - len(mark[1] or "") + blanks
        self._leaf(state, at, end, column)

    def _leaf(self, state: _State, at: int, end: int, column: int) -> None:
        """A fence, a heading, or a line of a paragraph."""
        if self.text.startswith(">", at):
            self.quoted.append((at, end))
        fence = _FENCE.match(self.text, at, end)
        if fence:
            state.fence = fence[1] or fence[2]
            self.hidden.append((at, end))
            state.paragraph = False
        else:
            state.paragraph = not _HEADING.match(self.text, at, end)

    def _comment(self, at: int) -> int:
        """A comment that starts a line ends where it says, else with the text."""
        close = self.text.find("-->", at + 2)
        close = len(self.text) if close < 0 else close + 3
        self.hidden.append((at, close))
        return close


def _columns(blanks: str) -> int:
    return len(blanks.expandtabs(4)) if "\t" in blanks else len(blanks)
