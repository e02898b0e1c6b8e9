"""The scheduler: filters (decisions) and plumbing."""
