"""The ResourceQuota controller: counts anew what is used, which admission only adds to."""
