"""A controller of one's own: a Website wants so many pods. It creates what its cache does not show."""

import attrs

from kspec import Broken, Cluster, Pod, Scope, controller, invariant, owner_reference, system


@attrs.frozen
class Website:
    name: str
    pods: int


@controller(Website, owns=Pod)
def website(website, cache, api):
    running = cache.owned(Pod, by=website)
    for _ in range(website.pods - len(running)):
        yield api.create(Pod(owner=owner_reference(website)))


def all_pods_are_there(truth):
    return len(truth.all(Pod, "owner")) == 1


@invariant(witness=all_pods_are_there)
def never_more_pods_than_wanted(truth):
    """A Website never has more pods than it wants."""
    pods = len(truth.all(Pod, "owner"))
    return pods <= 1 or Broken(f"Website blog wants 1 pod and has {pods}", ["Website blog"])


@system("website")
def blog():
    """One Website behind a late cache."""
    scope = Scope(stored=[Website("blog", pods=1)], slots={Pod: 2}, caches={"website": "delayed"})
    return Cluster("website", [website], scope, properties=[never_more_pods_than_wanted]).system()
