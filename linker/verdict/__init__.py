"""What we say of one pull request: a word, what was looked at, and the shortest fix; pure.

seen       what a verdict looks at
judging    the first word that holds, with its text
unlinked   how far the way goes of what serves nothing
wording    the words of all of them: titles that fit, codes by name, the ways to mend
showing    the verdict on a surface: a check run with buttons, a commit status, a comment
markdown   text of people as text: no mention, image, link or layout of theirs survives
"""

from linker.verdict.judging import Verdict, judge
from linker.verdict.seen import COMMITS, Ambiguous, Judged, Named, Place, Unknown, Unread
from linker.verdict.showing import (
    DESCRIPTION,
    RETIRED,
    Advice,
    Conclusion,
    Mode,
    Rerun,
    check,
    comment,
    conclusion,
    retired,
    status,
)
from linker.verdict.wording import TITLE

__all__ = [
    "COMMITS",
    "DESCRIPTION",
    "RETIRED",
    "TITLE",
    "Advice",
    "Ambiguous",
    "Conclusion",
    "Judged",
    "Mode",
    "Named",
    "Place",
    "Rerun",
    "Unknown",
    "Unread",
    "Verdict",
    "check",
    "comment",
    "conclusion",
    "judge",
    "retired",
    "status",
]
