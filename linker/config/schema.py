"""JSON Schemas of the two files, for editors; docs/schema holds them and a test says when they are stale."""

import json
from pathlib import Path
from typing import Any

from linker.config.app import AppFile
from linker.okrs import okrs_schema

__all__ = ["app_schema", "okrs_schema", "schema_text", "write_schemas"]


def app_schema() -> dict[str, Any]:
    """The JSON Schema of app.yaml."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | AppFile.model_json_schema()


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as it is kept in docs/schema."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Renew the schemas that are kept in a folder, docs/schema."""
    for name, schema in (("app", app_schema()), ("okrs", okrs_schema())):
        (folder / f"{name}.schema.json").write_text(schema_text(schema), encoding="utf-8")
