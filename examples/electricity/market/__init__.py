"""The direction of a price."""
