"""In which mode kube-proxy runs, and what it does if it shall use ipvs and cannot.

Upstream: cmd/kube-proxy/app/server_linux.go createProxier and pkg/proxy/ipvs CanUseIPVSProxier (P12); for older
releases cmd/kube-proxy/app/server_others.go getProxyMode and tryIPVSProxy. The change is kubernetes/kubernetes#111806
(released in 1.26); the deprecation of ipvs is KEP-5495 (warned of since 1.35).

Simplified: `usable` is all that CanUseIPVSProxier looks at (ipset, a virtual server with the scheduler can be made;
before 1.27 also the kernel's modules). iptables is always usable: the older step from iptables down to userspace is
not modelled, nor are nftables (its own check of the kernel) and the platform Windows.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kernel.settings import declare

RELEASE = (1, 36)
"""The release that is modelled unless told otherwise: major and minor number."""

REFUSES_SINCE = (1, 26)
"""The first release that does not fall back from ipvs to iptables."""

WARNS_SINCE = (1, 35)
"""The first release that warns that ipvs is deprecated."""


class Mode(enum.Enum):
    """The mode asked for or run."""

    IPTABLES = "iptables"
    IPVS = "ipvs"


class IpvsMissing(enum.Enum):
    """What kube-proxy does if it is told to use ipvs and cannot."""

    REFUSE = "refuse"
    FALL_BACK = "fall-back"


declare(
    "proxy.ipvs-missing",
    tuple(each.value for each in IpvsMissing),
    "what kube-proxy does where ipvs cannot be used: exit with an error, as since release 1.26, or run iptables, "
    "as older ones do (P12)",
)


@attrs.frozen
class Start:
    """How a start ends: the mode that runs (None: kube-proxy exits with an error), and whether it warns of ipvs."""

    mode: Mode | None
    warns: bool = False


def ipvs_missing(release: tuple[int, int] = RELEASE) -> IpvsMissing:
    """What a release does if ipvs cannot be used (P12): the older ones log it and run iptables, 1.36 exits."""
    return IpvsMissing.REFUSE if release >= REFUSES_SINCE else IpvsMissing.FALL_BACK


def start(
    wanted: Mode | None, usable: bool, release: tuple[int, int] = RELEASE, *, missing: IpvsMissing | None = None
) -> Start:
    """What runs after a start (P12, createProxier). `wanted` None: no mode configured; `usable`: ipvs would work.

    `missing`: what is done where it would not, if that is not what the release does.
    """
    if wanted is not Mode.IPVS:
        return Start(Mode.IPTABLES)
    if usable:
        return Start(Mode.IPVS, warns=release >= WARNS_SINCE)
    return Start(Mode.IPTABLES if (missing or ipvs_missing(release)) is IpvsMissing.FALL_BACK else None)
