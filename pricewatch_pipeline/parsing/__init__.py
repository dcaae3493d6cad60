"""Shared pure readers: price texts, structured data, availability, selectors."""
