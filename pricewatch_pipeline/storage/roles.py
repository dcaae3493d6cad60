"""The role for analysts, as the doctor asks for it."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

ANALYST = "pricewatch_analyst"


def may_analyst_read(connection: Connection) -> bool | None:
    """Whether the analysts' role reads the views; None where there is no such role."""
    row = connection.execute(
        text("""
            SELECT has_schema_privilege(rolname, 'analytics', 'USAGE')
                   AND has_table_privilege(rolname, 'analytics.latest_prices', 'SELECT') AS may_read
            FROM pg_roles WHERE rolname = :role
        """),
        {"role": ANALYST},
    ).first()
    return bool(row.may_read) if row else None
