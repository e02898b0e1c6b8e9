"""A Website wants so many pods. Its controller waits until its cache shows what it has created."""

import attrs

from kspec import Broken, Cluster, Pod, Scope, controller, eventually_always, invariant, owner_reference, system
from kspec_models import users
from kspec_models.client.pod_expectations import Expectations


@attrs.frozen
class Website:
    name: str
    pods: int


@controller(Website, owns=Pod, memory=Expectations)
def website(website, cache, api, expect):
    running = cache.owned(Pod, by=website)
    missing = website.pods - len(running)
    if missing > 0 and expect.satisfied():
        expect.creations(missing)
        yield [api.create(Pod(owner=owner_reference(website)))] * missing


def pods_of(truth, name):
    return sum(owner.name == name for owner in truth.all(Pod, "owner"))


def some_website_has_its_pods(truth):
    return any(pods_of(truth, name) == truth.field(Website, name, "pods") for name in truth.names(Website))


@invariant(witness=some_website_has_its_pods)
def never_more_pods_than_wanted(truth):
    """A Website never has more pods than it wants."""
    for name in truth.names(Website):
        wanted, pods = truth.field(Website, name, "pods"), pods_of(truth, name)
        if pods > wanted:
            return Broken(f"Website {name} wants {wanted} pods and has {pods}", [f"Website {name}"])
    return True


@eventually_always(witness=some_website_has_its_pods)
def a_website_gets_its_pods(truth):
    """In the end every Website has as many pods as it wants."""
    for name in truth.names(Website):
        wanted, pods = truth.field(Website, name, "pods"), pods_of(truth, name)
        if pods != wanted:
            return Broken(f"Website {name} wants {wanted} pods and has {pods}", [f"Website {name}"])
    return True


def cluster(name, crashes):
    """A user posts one Website; the controller's cache is late, and it may crash so often."""
    return Cluster(
        name,
        [users.apply([Website("blog", pods=2)]), website],
        Scope(slots={Pod: 3}, caches={"website": "delayed"}, crashes={"website": crashes}),
        properties=[never_more_pods_than_wanted, a_website_gets_its_pods],
    ).system()


@system("website.patient")
def patient():
    """A Website of two pods behind a late cache."""
    return cluster("website.patient", crashes=0)


@system("website.crash")
def crash():
    """The same; the controller may crash once, between any two calls."""
    return cluster("website.crash", crashes=1)
