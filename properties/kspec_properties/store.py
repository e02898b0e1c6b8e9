"""What must hold of the store and the way to it.

- `concurrent_updates_never_both_succeed`: an update that carries a resourceVersion succeeds only if nothing was
  written since it was read (S16, A54). Two updates that read the same version can therefore not both succeed. It says
  nothing of unconditional patches, which overwrite (A54).
- `nothing_but_the_api_server_writes_the_store`: components talk to each other only through the API server. Deliveries
  to a cache and pins are no writes of the store.
"""

from __future__ import annotations

from kspec.kernel.properties import Broken, Happened, step_invariant
from kspec.kube.truth import Truth

BOOKKEEPING = frozenset({"Deliver", "Relist", "Assume", "Pin", "Unpin"})
"""Updates of an object's variable that change what is known of it, not what it is."""


def something_is_stored(truth: Truth) -> bool:
    """Some object exists."""
    return any(
        truth.all(cls, "namespace") if hasattr(cls, "namespace") else truth.names(cls) for cls in truth.cluster.kinds
    )


@step_invariant(witness=something_is_stored)
def concurrent_updates_never_both_succeed(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Two updates that read the same version of an object never both succeed."""
    for variable, reader in happened.swapped:
        if not before.held_pin(variable, reader):
            done = f"the update of {variable} by {reader} succeeded"
            return Broken(f"{done} although the object had changed since {reader} read it", (str(variable),))
    return True


@step_invariant(witness=something_is_stored)
def nothing_but_the_api_server_writes_the_store(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Every change of a stored object is made by the API server."""
    if happened.via == "apiserver":
        return True
    resources = {kind.resource for kind in before.cluster.kinds.values()}
    for variable, update in happened.writes:
        name = variable if isinstance(variable, str) else variable[0]
        if name.split("/", 1)[0] in resources and update not in BOOKKEEPING:
            return Broken(f"{happened.actor} wrote {name} itself ({happened.action})", (name,))
    return True
