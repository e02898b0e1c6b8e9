"""The kubelet's decisions: phase, conditions, restarts, probes and what to do next for a pod."""
