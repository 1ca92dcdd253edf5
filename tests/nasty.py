"""What people could write to bring life, layout or disguise into a text of ours, and how to find that out."""

import re

from hypothesis import strategies as st
from markdown_it import MarkdownIt

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])  # it comes with rich
#: What GitHub makes live in the text of a page, after Markdown was read.
LIVE = re.compile(
    r"@[\w/]|#\d|\bGH-\d|\w://|\bwww\.|:[a-z0-9_+-]+:|\b[0-9a-f]{7,40}\b|\b(?:GHSA|CVE)-\d|\$[^\s\u200b][^$]*\$",
    re.IGNORECASE,
)
NASTY = (
    "@org/team", "@octocat", "a@b.com", "#123", "acme/pay#7", "GH-1", "gh-12", "<!--", "-->", "<img src=x>",
    "<b>", "</details>", "<script>alert(1)</script>", "![x](https://x.com/y.png)",
    "[x](javascript:alert(1))", "<javascript:alert(1)>", "[x][1]", "[1]: https://x.com", "[^1]",
    "https://x.com", "HTTP://x.com", "www.x.com", "ftp://x.com", "WWW.x.com", "`", "``", "```", "`x", "~~~",
    "~x~", "|", "a | b", "\\", "\\|", "\\`", "&lt;", "&#64;org", "&commat;org", "*x*", "**x**", "_x_",
    "__x__", "# x", "> x", "- x", "1. x", "1) x", "+ x", "===", "---", "***", "- [ ] x", ":tada:", ":+1:",
    "$x$", "$$x$$", "deadbeef", "0123456789abcdef0123456789abcdef01234567", "GHSA-2345-6789-abcd",
    "\u202eevil", "\u2066x\u2069", "\u200f", "\x00", "\x1b[31m", "\r\n\r\n# x", "\n", "\u2028", "\u2029",
    "\ufeff", "\u00ad", "\ud800", "\u3164", "o" + "\u0334" * 400, "x" * 65_536, "\u200b" * 65_536 + "x",
    "\u041eR.KR\uff11", "  x  ", "", " ",
)  # fmt: skip
SHORT = [text for text in NASTY if len(text) < 1000]  # the long ones have tests of their own
texts = st.lists(st.one_of(st.sampled_from(SHORT), st.text(max_size=12)), max_size=4).map("".join)
