"""What a reader would not take for prose: code and comments hide all, quotes hide codes."""

import re
from typing import NamedTuple

from linker.tags.inline import hide_inline, mask

Spans = list[tuple[int, int]]

_MAYBE_BLOCKS = re.compile(r"```|~~~|<!--|\t|    |^[ ]*+>|[-+*.)] ++>", re.MULTILINE)
_LINE = re.compile(r"([ \t]*+)([^\n]*+)\n?")
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
    if not _MAYBE_BLOCKS.search(text):
        shown = hide_inline(text)
        return Visible(shown, shown)
    walk = _Walk(text)
    position, size = 0, len(text)
    while position < size:
        position = walk.line(position)
    shown = hide_inline(mask(text, walk.hidden))
    return Visible(shown, mask(shown, walk.quoted))


class _State:
    """The open blocks of one container: a fence, list items by the column of their text, a paragraph."""

    __slots__ = ("fence", "fence_column", "items", "paragraph")

    def __init__(self) -> None:
        self.fence, self.fence_column = "", 0
        self.items: list[int] = []
        self.paragraph = False


class _Walk:
    """One walk over the lines, with as much of CommonMark as decides what is code and what is quoted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hidden: Spans = []
        self.quoted: Spans = []
        self.outer, self.quote = _State(), _State()
        self.outer.paragraph = True  # trackers trim what stands before a text, so its first line is prose

    def line(self, start: int) -> int:
        """Judge the line at `start`; answers where to go on."""
        match = _LINE.match(self.text, start)
        assert match is not None  # it matches at any offset
        at, end = match.start(2), match.end()
        column = _columns(match[1])
        state = self.outer
        if self.text.startswith(">", at) and column < 4 and not state.fence:
            self.quoted.append((start, end))
            at, column = self._inside_quote(at)
            state = self.quote
        elif self.quote.paragraph or self.quote.fence or self.quote.items:
            self.quote = _State()
        if not self.text[at:end].strip():
            state.paragraph = False
            after = end
        elif state.fence and self._fenced(state, at, end, column):
            after = end
        else:
            after = self._block(state, at, end, column)
        if state is self.quote:
            self.outer.paragraph = state.paragraph
        return after

    def _inside_quote(self, at: int) -> tuple[int, int]:
        """Past all marks of a quoted line: the offset and column of what is quoted."""
        while self.text.startswith(">", at):
            at += 2 if self.text.startswith(" ", at + 1) else 1
            blank = _LINE.match(self.text, at)
            assert blank is not None
            if not self.text.startswith(">", blank.start(2)):
                return blank.start(2), _columns(blank[1])
            at = blank.start(2)
        return at, 0

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

    def _block(self, state: _State, at: int, end: int, column: int) -> int:
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
                return end
            if not mark or column - base >= 4:
                break
            state.paragraph = False
            width, blanks = mark.end() - mark.start(), _columns(mark[1] or " ")
            inner = column + width - len(mark[1] or "") + (blanks if blanks <= 4 else 1)
            state.items.append(inner)
            at, column = mark.end(), column + width - len(mark[1] or "") + blanks
            if text.startswith(">", at):
                self.quoted.append((at, end))
        return self._leaf(state, at, end, column)

    def _leaf(self, state: _State, at: int, end: int, column: int) -> int:
        """A fence, a comment, a heading, or a line of a paragraph."""
        text = self.text
        if text.startswith("<!--", at):
            return self._comment(state, at)
        fence = _FENCE.match(text, at, end)
        if fence:
            state.fence, state.fence_column = fence[1] or fence[2], column
            self.hidden.append((at, end))
            state.paragraph = False
        else:
            state.paragraph = not _HEADING.match(text, at, end)
        return end

    def _comment(self, state: _State, at: int) -> int:
        """A comment that starts a line ends where it says, else with the text."""
        close = self.text.find("-->", at + 2)
        close = len(self.text) if close < 0 else close + 3
        self.hidden.append((at, close))
        newline = self.text.find("\n", close)
        end = len(self.text) if newline < 0 else newline + 1
        state.paragraph = bool(self.text[close:end].strip())
        return close if state.paragraph else end


def _columns(blanks: str) -> int:
    return len(blanks.expandtabs(4)) if "\t" in blanks else len(blanks)
