"""The garbage collector: what has no owner any more goes, and owners wait for what blocks them."""
