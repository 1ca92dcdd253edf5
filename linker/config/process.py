"""The environment of this process: the one place that looks at it."""

import os
from collections.abc import Mapping


def environment() -> Mapping[str, str]:
    """The variables that this process was started with."""
    return dict(os.environ)
