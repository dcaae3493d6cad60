"""Alert channels. Empty until alerts come."""
