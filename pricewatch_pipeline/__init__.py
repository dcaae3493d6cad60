"""A Dagster data pipeline that watches prices. Start at docs/architecture.md."""

__version__ = "0.1.0"
