"""PostgreSQL only: tables, queries by noun, migrations, the embedded server. Nothing else speaks SQL."""
