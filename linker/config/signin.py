"""The section `signin` of app.yaml: who says who somebody is, and which claim gives a role."""

from collections.abc import Iterable
from typing import get_args

from pydantic import Field, field_validator, model_validator

from linker.config.values import EnvName, IssuerUrl, Scope, Word
from linker.model import Noun, Role


class SignIn(Noun):
    """Sign-in by OpenID Connect; a person's role follows from one claim."""

    issuer: IssuerUrl = Field(
        description="The identity provider's issuer; https, except on this machine.",
        examples=["https://login.example.com/realms/northwind"],
    )
    client_id: Word = Field(description="The client id that it issued.", examples=["sightline"])
    client_secret: EnvName = Field(
        description="Environment variable that holds the client secret.", examples=["OIDC_CLIENT_SECRET"]
    )
    label: Word = Field(
        "your company's account",
        max_length=60,
        description="What the button says after the words: Sign in with.",
        examples=["Northwind account"],
    )
    claim: Word = Field(
        "groups",
        description="The claim that holds a person's groups or roles; a dot goes one level down.",
        examples=["realm_access.roles"],
    )
    roles: dict[Role, tuple[Word, ...]] = Field(
        default_factory=dict,
        description="Each role with the values of the claim that give it; the highest counts.",
        examples=["{viewer: [everyone], planner: [sightline-planners]}"],
    )
    default_role: Role | None = Field(
        None, description="The role of everybody who can sign in; without it they need one by claim."
    )
    scopes: tuple[Scope, ...] = Field(
        ("openid", "profile"),
        description="What the identity provider is asked for.",
        examples=["[openid, profile, groups]"],
    )
    contact: Word | None = Field(
        None, description="Who gives roles; shown to people who have none.", examples=["#it-help in the chat"]
    )

    @field_validator("scopes")
    @classmethod
    def _asks_for_an_id_token(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("lacks openid, without which nobody can be signed in. Add it.")
        return scopes

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> "SignIn":
        if self.default_role is None and not any(self.roles.values()):
            raise ValueError("gives nobody a role. Add roles, such as roles: {viewer: [everyone]}.")
        return self

    def role_of(self, held: Iterable[str]) -> Role | None:
        """The highest role that the values of the claim give, else the default one."""
        values = set(held)
        given = [role for role in get_args(Role) if values & set(self.roles.get(role, ()))]
        known: list[Role] = [role for role in get_args(Role) if role in given or role == self.default_role]
        return known[-1] if known else None
