"""The JSON Schema of watch files, so that editors complete and check them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.watch_files.models import DEFAULT_PROVIDER, WatchFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ASKING = ("WatchEntry", "UrlEntry")


def json_schema(providers: Mapping[str, Provider]) -> dict[str, Any]:
    """The schema of one file; what stands under `query:` follows from the provider."""
    models: list[type[BaseModel]] = [WatchFile, *(provider.query_model for provider in providers.values())]
    refs, shared = models_json_schema([(model, "validation") for model in models])
    definitions: dict[str, Any] = shared["$defs"]
    file = definitions.pop(_name(refs[WatchFile, "validation"]))
    for name, provider in providers.items():
        definitions[f"query_{name}"] = _without_required_url(
            definitions[_name(refs[provider.query_model, "validation"])]
        )
    conditions = [_condition(name) for name in sorted(providers)]
    for entry in _ASKING:
        definitions[entry]["allOf"] = conditions
    for entry in (*_ASKING, "ProductEntry"):
        described = definitions[entry]["properties"]["provider"]
        definitions[entry]["properties"]["provider"] = described | {
            "anyOf": [{"enum": sorted(providers)}, {"type": "null"}]
        }
    return {"$schema": DIALECT, **_tidy(file), "$defs": _tidy(definitions)}


def _name(ref: Mapping[str, Any]) -> str:
    return str(ref["$ref"]).rpartition("/")[2]


def _without_required_url(query: Mapping[str, Any]) -> dict[str, Any]:
    """The URL may stand beside `query:` as well, so under it it is never required."""
    return {**query, "required": [name for name in query.get("required", ()) if name != "url"]}


def _condition(provider: str) -> dict[str, Any]:
    named = {"properties": {"provider": {"const": provider}}, "required": ["provider"]}
    unnamed = {"not": {"required": ["provider"]}}
    return {
        "if": {"anyOf": [named, unnamed]} if provider == DEFAULT_PROVIDER else named,
        "then": {"properties": {"query": {"anyOf": [{"$ref": f"#/$defs/query_{provider}"}, {"type": "null"}]}}},
    }


def _tidy(node: Any) -> Any:
    """Leave out what only repeats the field's name: the titles that pydantic makes, and defaults of nothing."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    properties = {name: _field(schema) for name, schema in node.get("properties", {}).items()}
    rest = {key: _tidy(value) for key, value in node.items() if key != "properties"}
    return rest | ({"properties": properties} if properties else {})


def _field(schema: Mapping[str, Any]) -> Any:
    return _tidy({k: v for k, v in schema.items() if not (k == "title" or (k == "default" and v in (None, [], "")))})
