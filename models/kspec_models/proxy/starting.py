"""A kube-proxy that is told to use ipvs starts on a node, whose kernel may lack it.

Models cmd/kube-proxy/app/server_linux.go createProxier, by `mode.start`; what happens where ipvs cannot be used is the
setting `proxy.ipvs-missing`. A kube-proxy that exits is started again by its kubelet, like any container (its back-off
is any time). An administrator may load the kernel's modules at any time, and need not.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kernel.actions import Action, Reader, Role, Set, Step
from kspec.kernel.settings import current
from kspec_models.proxy.mode import IpvsMissing, Mode, start

NOT_MODELLED = (
    "kube-proxy: nftables, modules that go away again, a scheduler that the kernel lacks",
    "kube-proxy: what it does once it runs",
)
USABLE, RUNS, EXITED = "node/ipvs", "kube-proxy/mode", "kube-proxy/exited"
WANTED = Mode.IPVS
INITIAL = {USABLE: False, RUNS: None, EXITED: False}


def tries(exited: bool) -> bool:
    """Whether it is started: always, also after it has exited with an error."""
    return True


def starts(see: Reader) -> Iterator[Step]:
    """kube-proxy is started: it runs, or exits."""
    if see(RUNS) is not None or not tries(see(EXITED)):
        return
    found = start(WANTED, see(USABLE), missing=IpvsMissing(current("proxy.ipvs-missing")))
    if found.mode is not None:
        why = "" if found.mode is WANTED else f", since {WANTED.value} cannot be used"
        yield Step([(RUNS, Set(found.mode))], says=f"runs {found.mode.value}{why}")
    else:
        yield Step([(EXITED, Set(True))], says=f"{WANTED.value} cannot be used: exits, and is started again")


def loads(see: Reader) -> Iterator[Step]:
    """The administrator loads what ipvs needs."""
    if not see(USABLE):
        yield Step([(USABLE, Set(True))], says="ip_vs and its scheduler, ipset")


def actions() -> tuple[Action, ...]:
    """Who does what."""
    return (
        Action("kube-proxy", "start", starts),
        Action("administrator", "load kernel modules", loads, role=Role.USER),
    )
