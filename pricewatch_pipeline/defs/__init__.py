"""All that is Dagster: a module per concept. What the pipeline does is in services; this room only wires it."""

import warnings

import dagster as dg

# We pin Dagster, so that a parameter is in beta is no news to who reads the log of a run.
warnings.filterwarnings("ignore", message=r"Parameter `(backfill_policy|owners)` of", category=dg.BetaWarning)
