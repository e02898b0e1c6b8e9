"""The Job controller: some of its decisions. Its sync and its tracking of pods by finalizer are not modelled."""
