"""The kubelet: what runs on a node is ground truth; a pod's status is its report.

Models `pkg/kubelet`: `agent` is the plumbing (which objects it reads and writes, what it starts and ends), at one of
two levels of detail: `together`, thin, and `life`, container by container, with what it knows in `runtime` and
`memory`. Its decisions are `phase`, `conditions`, `restart`, `probes` and `pod_actions`.
"""

from kspec_models.kubelet import twins as twins
from kspec_models.kubelet.agent import bound, kubelet
from kspec_models.kubelet.life import NOT_MODELLED as NOT_OF_CONTAINERS
from kspec_models.kubelet.static import NOT_MODELLED as NOT_OF_STATIC_PODS
from kspec_models.kubelet.together import Containers, becomes_ready

NOT_MODELLED = (*NOT_OF_CONTAINERS, *NOT_OF_STATIC_PODS)
"""What no level of detail has; what else the thin one leaves out is said in `together`."""

__all__ = ["NOT_MODELLED", "Containers", "becomes_ready", "bound", "kubelet"]
