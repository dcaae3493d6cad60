"""Settles the pace of hosts, by what their stores and their providers ask for."""

from collections.abc import Collection

from pricewatch_pipeline.domain.providers import fair_access_of
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.storage import host_pace
from pricewatch_pipeline.storage.database import Connection


def settle_pace(connection: Connection, hosts: Collection[str] | None = None) -> int:
    """As in storage/host_pace.py, with the rules of every provider that is installed here."""
    rules = {name: access for name, provider in providers().items() if (access := fair_access_of(provider))}
    return host_pace.settle_pace(connection, hosts, fair_access=rules)
