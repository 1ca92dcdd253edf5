"""Code spans, comments and code tags inside a paragraph hide what they hold."""

import re
from bisect import bisect_left

HIDDEN = "\0"

# Each way begins with a sign of its own, so that the search skips from sign to sign.
_INLINE = re.compile(r"\\`|(`++)|<!--|<(?:[Cc][Oo][Dd][Ee]|[Pp][Rr][Ee])\b|\{(?:code|noformat)[:}]", re.ASCII)
_TICKS = re.compile(r"`++")
_BREAK = re.compile(r"\n[ \t>]*+(?=\r?\n|[-+*][ \t]|[0-9]{1,9}[.)][ \t]|#{1,6}[ \t]|\0)")
_TAG = re.compile(r"<(/?)(code|pre)\b[^<>\n]*>", re.IGNORECASE | re.ASCII)
_BRACE = re.compile(r"\{(code|noformat)(?::[^{}\n]*)?\}", re.IGNORECASE | re.ASCII)
_NOT_NEWLINE = re.compile(r"[^\n]")


def mask(text: str, spans: list[tuple[int, int]]) -> str:
    """Replace the characters of each span, given by start, by NUL; line ends stay."""
    if not spans:
        return text
    parts: list[str] = []
    done = 0
    for first, end in spans:
        start = max(first, done)
        if end > start:
            hidden = text[start:end]
            parts += (
                text[done:start],
                _NOT_NEWLINE.sub(HIDDEN, hidden) if "\n" in hidden else HIDDEN * (end - start),
            )
            done = end
    parts.append(text[done:])
    return "".join(parts)


def hide_inline(text: str) -> str:
    """The text, offset for offset, with code spans, comments and code tags as NUL."""
    if "`" not in text and "<" not in text and "{" not in text:
        return text
    spans: list[tuple[int, int]] = []
    ticks, pairs = _CodeSpans(text), _pairs(text)
    position, closed = 0, True
    while match := _INLINE.search(text, position):
        start, position = match.span()
        end = 0
        if match[1]:
            end = ticks.end(start, position)
        elif match[0] == "<!--":
            close = text.find("-->", start + 2) if closed else -1
            closed = close >= 0
            end = close + 3 if closed else len(text) if starts_line(text, start) else 0
        else:
            end = pairs.get(start, 0)
        if end:
            spans.append((start, end))
            position = end
    return mask(text, spans)


def starts_line(text: str, at: int) -> bool:
    """Whether nothing but blanks stands before an offset on its line."""
    return not text[max(text.rfind("\n", max(0, at - 200), at) + 1, at - 200, 0) : at].strip(" \t")


def _pairs(text: str) -> dict[int, int]:
    """Where each <code>, <pre>, {code} or {noformat} that is closed starts and ends."""
    found: dict[int, int] = {}
    opened: dict[str, list[int]] = {}
    if "<" in text:
        for tag in _TAG.finditer(text):
            stack = opened.setdefault(tag[2].lower(), [])
            if not tag[1]:
                stack.append(tag.start())
            elif stack:
                found[stack.pop()] = tag.end()
    if "{" in text:
        for brace in _BRACE.finditer(text):
            stack = opened.setdefault("{" + brace[1].lower(), [])
            if stack:
                found[stack.pop()] = brace.end()
            else:
                stack.append(brace.start())
    return found


class _CodeSpans:
    """Pairs runs of backticks of one length within one paragraph, as CommonMark does, in linear time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.until = -1
        self.escapes = True
        self.runs: dict[int, list[int]] = {}

    def end(self, start: int, after: int) -> int:
        """The end of the code span that starts with the run at `start`, or 0."""
        if start >= self.until:
            self._paragraph(start)
        length = after - start
        if length == 1 and self.escapes and self.text.startswith("\\`", after):
            escaped = self.text.find("\\``", after + 2, self.until)  # `\`code\``: what its writer meant
            if escaped >= 0:
                return escaped + 3
            self.escapes = False
        runs = self.runs.get(length, [])
        index = bisect_left(runs, after)
        return runs[index] + length if index < len(runs) else 0

    def _paragraph(self, start: int) -> None:
        found = _BREAK.search(self.text, start)
        self.until = found.start() + 1 if found else len(self.text)
        self.runs, self.escapes = {}, True
        for run in _TICKS.finditer(self.text, start, self.until):
            self.runs.setdefault(run.end() - run.start(), []).append(run.start())
