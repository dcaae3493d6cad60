"""All that is Dagster: a module per concept. What the pipeline does is in services; this room only wires it."""
