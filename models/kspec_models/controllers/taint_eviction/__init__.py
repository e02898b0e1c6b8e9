"""Taint eviction: pods leave nodes with NoExecute taints that they do not tolerate, or not for ever."""
