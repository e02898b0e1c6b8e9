"""The scheduler's filters, one module a plugin: pure functions of what each of them reads, and no more."""
