"""The PersistentVolume controller: which volume a claim gets, and what becomes of both."""
