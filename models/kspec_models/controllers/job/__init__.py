"""The Job controller: its decisions, how it counts each pod once, and what it does with the API."""
