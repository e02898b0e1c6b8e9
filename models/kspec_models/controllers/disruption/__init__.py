"""The disruption controller: what a PodDisruptionBudget allows."""
