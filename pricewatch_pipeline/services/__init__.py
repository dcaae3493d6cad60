"""The use cases, a module per verb: plain objects in, plain objects out. Called by defs and cli alike, know neither."""
