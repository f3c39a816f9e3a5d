"""The OpenAPI description of the exporter's interface for programs, from the type of its document. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from fargatecount.usage.document import SCHEMA, VERSION, UsageDocument

USAGE = "/api/v1/usage"
DESCRIPTION = "/api/v1/openapi.json"
METRICS = "/metrics"
HEALTH = "/healthz"


def description(version: str) -> dict[str, Any]:
    """Return the description, OpenAPI 3.1."""
    _, components = msgspec.json.schema_components([UsageDocument], ref_template="#/components/schemas/{name}")
    components[UsageDocument.__name__]["properties"] |= {"schema": {"const": SCHEMA}, "version": {"const": VERSION}}
    trouble = {"type": "object", "required": ["error", "remedy"], "properties": {"error": _STRING, "remedy": _STRING}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fargatecount",
            "version": version,
            "description": "What runs on AWS Fargate now. Keys are added, none is renamed; an unknown number is null, never 0.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [{"token": []}, {"browser": []}],
        "paths": {
            USAGE: _path(
                "usage",
                "The counters of every scope of the table, as `fargatecount status --json` prints them",
                {"application/json": {"schema": {"$ref": f"#/components/schemas/{UsageDocument.__name__}"}}},
                {"503": {"description": "The table could not be read.", "content": {"application/json": {"schema": trouble}}}},
            ),
            METRICS: _path(
                "metrics",
                "The same for Prometheus, in the format that the Accept header prefers",
                {"application/openmetrics-text": {"schema": _STRING}, "text/plain": {"schema": _STRING}},
            ),
            HEALTH: _path("healthz", "Whether the process answers; needs no token", {"text/plain": {"schema": _STRING}}),
            DESCRIPTION: _path("description", "This description", {"application/json": {"schema": {"type": "object"}}}),
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "browser": {"type": "http", "scheme": "basic", "description": "Any name; the token is the password."},
            },
            "schemas": components,
        },
    }


_STRING = {"type": "string"}


def _path(name: str, summary: str, content: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    refused = {
        "401": {"description": "The token is missing or wrong."},
        "403": {"description": "The Host header names another server."},
        "429": {"description": "Too many requests of one client."},
    }
    answers = {"200": {"description": summary + ".", "content": content}, **refused, **(more or {})}
    return {"get": {"operationId": name, "summary": summary, "responses": answers}}
