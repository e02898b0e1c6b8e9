"""The kubelet: what runs on a node is ground truth; a pod's status is its report.

Models `pkg/kubelet`: `agent` is the plumbing (which objects it reads and writes, which processes it starts and ends),
the other modules are its decisions: `phase`, `conditions`, `restart`, `probes`, `pod_actions`.
"""

from kspec_models.kubelet.agent import NOT_MODELLED, Containers, becomes_ready, bound, kubelet

__all__ = ["NOT_MODELLED", "Containers", "becomes_ready", "bound", "kubelet"]
