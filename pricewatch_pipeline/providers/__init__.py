"""Kinds of sources, a folder each. They know neither each other nor the client nor the database."""
