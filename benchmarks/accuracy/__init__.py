"""How right the readers are, on pages and price texts whose answers are known."""
