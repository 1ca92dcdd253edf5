"""app.yaml, okrs.yaml and the environment: the only door to files of configuration and to variables.

warn          where teams are warned about their sprints
values        how single values are read
signin        the shape of its section on sign-in
app           the shape of app.yaml
yaml_lines    YAML with the line of every key
process       the environment of this process
environment   variables that replace keys, and secrets by name
checks        mistakes that no single value shows
config        the Config that every process works with
loading       files and environment -> Config, or every mistake at once
schema        JSON Schemas for editors
vocabulary    what the reader of texts knows
"""

from linker.config.app import AppFile, ExemptRule, GitHubSite, JiraSite, Mode, Policy, Site, Team
from linker.config.config import Config, ConfigError, validate_text
from linker.config.environment import Secrets
from linker.config.loading import check, config_from, load_config, read_catalogue
from linker.config.schema import app_schema, okrs_schema
from linker.config.signin import SignIn
from linker.config.values import glob_matches
from linker.config.vocabulary import vocabulary
from linker.config.warn import SLACK, Hook, Warn

__all__ = [
    "SLACK",
    "AppFile",
    "Config",
    "ConfigError",
    "ExemptRule",
    "GitHubSite",
    "Hook",
    "JiraSite",
    "Mode",
    "Policy",
    "Secrets",
    "SignIn",
    "Site",
    "Team",
    "Warn",
    "app_schema",
    "check",
    "config_from",
    "glob_matches",
    "load_config",
    "okrs_schema",
    "read_catalogue",
    "validate_text",
    "vocabulary",
]
