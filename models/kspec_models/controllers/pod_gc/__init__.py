"""PodGC: which pods are deleted because nobody else will."""
