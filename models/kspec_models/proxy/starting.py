"""A kube-proxy that is told to use ipvs starts on a node, whose kernel may lack it.

Models cmd/kube-proxy/app/server_linux.go createProxier, by `mode.start`; what happens where ipvs cannot be used is the
setting `proxy.ipvs-missing`. A kube-proxy that exits is started again by its kubelet, like any container (its back-off
is any time). An administrator may load the kernel's modules at any time, and need not. As long as kube-proxy does not
run, nothing is written onto the node: give `Cluster(processes={"kube-proxy": is_running})`.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.actions import Reader, Role, Set
from kspec.kernel.settings import current
from kspec.kube.actor import Actor, Effect, Here
from kspec.kube.cache import Api, Cache
from kspec_models.proxy.mode import IpvsMissing, Mode, start

NOT_MODELLED = ("nftables, modules that go away again, ipvs schedulers that the kernel lacks",)
NODE = "node"
USABLE, RUNS = f"{NODE}/ipvs", f"{NODE}/runs"
WANTED = Mode.IPVS


def tries(exited: bool) -> bool:
    """Whether it is started: always, also after it has exited with an error."""
    return True


def is_running(see: Reader) -> bool:
    """Whether kube-proxy runs."""
    return see(RUNS) is not None


def node() -> Actor:
    """A node without ipvs: `runs` is the mode in which its kube-proxy runs, None while it does not."""
    actor = Actor(NODE, own={"ipvs": False, "exited": False, "runs": None}, not_modelled=NOT_MODELLED)

    @actor.once()
    def start_kube_proxy(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.runs is not None or not tries(here.exited):
            return
        found = start(WANTED, here.ipvs, missing=IpvsMissing(current("proxy.ipvs-missing")))
        if found.mode is not None:
            why = "" if found.mode is WANTED else f", since {WANTED.value} cannot be used"
            yield f"runs {found.mode.value}{why}", here.set(runs=found.mode)
        elif not here.exited:
            yield f"{WANTED.value} cannot be used: it exits, and will be started again", here.set(exited=True)

    return actor


def administrator() -> Actor:
    """Somebody who may load what ipvs needs, once."""
    actor = Actor(
        "administrator", own={"done": False}, role=Role.USER, assumes=("what ipvs needs is loaded at most once",)
    )

    @actor.once()
    def load_kernel_modules(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.done:
            yield "ip_vs and its scheduler, ipset", Effect(USABLE, Set(True)), here.set(done=True)

    return actor
