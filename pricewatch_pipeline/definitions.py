"""The entry point for Dagster."""

from pricewatch_pipeline.defs.build import build_definitions

defs = build_definitions()
