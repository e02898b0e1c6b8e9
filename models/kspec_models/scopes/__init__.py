"""Closed scopes: the built-in systems, and systems from manifests."""
