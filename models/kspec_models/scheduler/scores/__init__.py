"""The scheduler's scores, one module a plugin: integers as upstream rounds them, 0 to 100 once normalised (C26)."""
