"""A scheduler of one's own: it binds the pods whose schedulerName is `fewest-pods`, each to a node with the fewest.

    kspec check examples/second-scheduler/fewest_pods.py

It runs beside the default scheduler, with a cache of its own. Which nodes fit it asks the default scheduler's filters;
which of them it takes is its own decision. A pod that names another scheduler does not exist for it.
"""

from collections import Counter

from kspec import Actor, Broken, Cluster, Container, Node, Pod, PodSpec, Role, Scope, invariant, system
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.framework import feasible
from kspec_models.scheduler.schedule import occupied, scheduler

NAME = "fewest-pods"


def emptiest(fitting, counts):
    """The nodes of which any may be taken."""
    fewest = min((counts[ref] for ref, _ in fitting), default=0)
    return [(ref, node) for ref, node in fitting if counts[ref] == fewest]


fewest_pods = Actor(NAME, watches=(Pod, Node))


@fewest_pods.each(Pod)
def bind(pod, here, api):
    if pod is None or pod.node is not None or pod.deleting or pod.spec.scheduler_name != NAME:
        return
    others = here.others("node", "spec", "finished")
    fitting = [(ref, node) for ref, node in here.nodes if feasible(pod.spec, node, occupied(others, ref)).fits]
    counts = Counter(node for node, _, finished in others if node is not None and not finished)
    for ref, node in emptiest(fitting, counts):
        yield f"{node.name} has the fewest pods", api.bind(pod, ref), here.assume(node=ref)


# ---- what it promises


def all_are_bound(truth):
    return all(node is not None for node in truth.all(Pod, "node")) and len(truth.all(Pod, "node")) == 3


@invariant(witness=all_are_bound)
def its_pods_are_spread_evenly(truth):
    """Of the pods that name it, no node has two more than another."""
    mine = Counter(node for node, spec in truth.all(Pod, "node", "spec") if node and spec.scheduler_name == NAME)
    if not mine:
        return True
    few = min(mine.values()) if len(mine) == len(truth.cluster.scope.nodes) else 0
    return max(mine.values()) - few <= 1 or Broken(f"one node has {max(mine.values())} of its pods, another {few}")


# ---- a cluster to try it in


def pod(scheduler_name):
    container = Container("web", "web:1", requests=(("cpu", 1000),))
    return Pod(spec=PodSpec((container,), scheduler_name=scheduler_name))


def node(name):
    return Node(name, allocatable=(("cpu", 4000), ("memory", 2**33), ("pods", 10)))


user = Actor("user", own={"created": 0}, role=Role.USER)


@user.once()
def create(cache, here, api):
    if here.created < 3:
        yield api.create(pod(NAME)), here.set(created=here.created + 1)


@system("fewest-pods")
def beside_the_default_scheduler():
    """Three pods that name it, two nodes, its cache late; the default scheduler runs beside it and binds none."""
    scope = Scope(slots={Pod: 3}, nodes=(node("node-1"), node("node-2")), caches={NAME: "delayed"})
    components = [user, fewest_pods, scheduler(), kubelet()]
    return Cluster(
        "fewest-pods",
        components,
        scope,
        properties=[its_pods_are_spread_evenly],
        idle=("scheduler.bind", "kubelet.stop", "kubelet.remove"),
    ).system()
