"""Values and decisions, pure: what a watch, an offer and an outcome are, when a check is due, what follows from it."""
