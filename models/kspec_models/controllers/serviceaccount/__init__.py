"""The ServiceAccount controller: every namespace has an account `default`."""
