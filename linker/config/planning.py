"""The part of the policy that judges sprints: shares, sizes of impact, and how severe each finding is."""

from typing import Annotated

from pydantic import AfterValidator, Field

from linker.model import Noun
from linker.scope import FINDERS, Severity

Size = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,4}$")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _sizes() -> dict[str, float]:
    return {"S": 0.05, "M": 0.1, "L": 0.2, "XL": 0.4}


def _known_findings(value: dict[str, Severity]) -> dict[str, Severity]:
    unknown = sorted(value.keys() - FINDERS.keys())
    if unknown:
        raise ValueError(f"No finding is called {unknown[0]!r}. Known are {', '.join(FINDERS)}.")
    return value


class Planning(Noun):
    """How a sprint is judged before and while a team works on it."""

    unplanned: Share = Field(
        0.25, description="At most this share of a sprint comes after its start.", examples=[0.25]
    )
    most_key_results: int = Field(5, ge=1, description="At most so many key results in one sprint.")
    least_share: Share = Field(
        0.1, description="A key result at risk gets at least this share of a sprint.", examples=[0.1]
    )
    stale_days: int = Field(14, ge=1, description="Days after which a reading is stale.")
    impact: dict[Size, Share] = Field(
        default_factory=_sizes, description="What a size of impact stands for, as a share of the gap."
    )
    findings: Annotated[dict[str, Severity], AfterValidator(_known_findings)] = Field(
        default_factory=dict,
        description="How severe a finding is, by its name: error, warning, note or off.",
        examples=["{no_estimate: 'off', no_key_result: error}"],
    )
