"""How findings say numbers and names: short, and the same on page, command line and in a message."""

from fractions import Fraction

from linker.model import Finding
from linker.scope.numbers import Budget


def said(points: Fraction) -> str:
    """Points in words: 5, 2.5; what has no end is rounded."""
    return f"{float(points):.1f}".removesuffix(".0")


def share(value: Fraction) -> str:
    """A share in percent: 12.5 %."""
    return f"{said(value * 100)} %"


def spent(one: Budget) -> str:
    """What a budget came to."""
    return f"{said(one.points)} points, {share(one.share)} of the sprint"


def short(name: str) -> str:
    """A name as people write it: PAY-12, acme/pay#7."""
    return name.partition(":")[2] or name


def finding(own: str, subject: str, text: str, fix: str) -> Finding:
    """A finding; the policy says how severe it is."""
    return Finding(id=own, severity="warning", subject=subject, text=text, fix=fix)
