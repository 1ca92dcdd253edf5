"""What we say of one pull request: a word, what was looked at, and the shortest fix; pure.

seen       what a verdict looks at
judging    the first word that holds, with its text
unlinked   how far the way goes of what serves nothing
showing    the verdict on a surface: a check run with buttons, a commit status, a comment
markdown   text of people as text: no mention, image, link or layout of theirs survives
"""

from linker.verdict.judging import TITLE, Verdict, judge
from linker.verdict.seen import Ambiguous, Judged, Named, Place, Unknown, Unread
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

__all__ = [
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
