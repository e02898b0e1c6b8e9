"""The Namespace controller: what is in a namespace that is deleted goes first, and then the namespace."""
