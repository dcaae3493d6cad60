"""A real PostgreSQL of our own, for everyone who has not named a server (docs/decisions/0002-embedded-postgresql.md)."""

from pricewatch_pipeline.storage.embedded.server import EmbeddedServer, ServerStatus, UserProcess

__all__ = ["EmbeddedServer", "ServerStatus", "UserProcess"]
