"""Two clients read a number and write back one more; the store compares versions, unless it is set not to."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec import Action, Broken, Family, Property, Reader, Set, Step, System, broken_twin, invariant, system


@attrs.frozen
class Client:
    """What a client read (None: it has not yet), and whether its update succeeded."""

    read: int | None = None
    succeeded: bool | None = None


def accepts(stored: int, expected: int) -> bool:
    """The compare of compare-and-swap."""
    return stored == expected


@broken_twin("demo.compare", "off", "spec_lost_update:accepts", "every write is accepted")
def accepts_all(stored: int, expected: int) -> bool:
    """The twin."""
    return True


def read(see: Reader) -> Iterable[Step]:
    """Read the latest version."""
    if see("client").read is None:
        yield Step([("client", Set(Client(read=see("version"))))], says="reads the latest version")


def write(see: Reader) -> Iterable[Step]:
    """Write one more."""
    client = see("client")
    if client.read is None or client.succeeded is not None:
        return
    version = see("version")
    if accepts(version, client.read):
        done = attrs.evolve(client, succeeded=True)
        yield Step([("version", Set(version + 1)), ("client", Set(done))], action="PUT", answer="200 OK")
    else:
        yield Step([("client", Set(attrs.evolve(client, succeeded=False)))], action="PUT", answer="409 Conflict")


def both_succeeded(see: Reader) -> bool:
    """Both updates were accepted."""
    return all(c.succeeded for c in see.each("client"))


@invariant(witness=lambda see: any(c.succeeded for c in see.each("client")))
def updates_of_one_version_never_both_succeed(see: Reader) -> bool | Broken:
    """Two updates that were made of the same version never both succeed."""
    clients = see.each("client")
    if both_succeeded(see) and clients[0].read == clients[1].read:
        return Broken(f"both clients read version {clients[0].read} and both were answered 200 OK", ("client 0",))
    return True


@invariant()
def the_version_never_exceeds_the_number_of_clients(see: Reader) -> bool:
    """The version counts successful updates, of which there are at most two."""
    return bool(see("version") <= 2)


def layout(name: str, properties: Iterable[Property], **more: object) -> System:
    """The system, under a name."""
    return System(
        name=name,
        variables={"version": 0},
        families={"clients": Family(2, {"client": Client()})},
        actions=[
            Action("client", "read", read, each="clients"),
            Action("client", "write", write, each="clients"),
        ],
        properties=properties,
        scope={"clients": 2},
        assumptions=("a client asks once",),
        not_modelled=("deletion",),
        not_applicable=("leader election",),
        **more,  # type: ignore[arg-type] # the fields of System that a caller adds
    )


BOTH = (updates_of_one_version_never_both_succeed, the_version_never_exceeds_the_number_of_clients)


@system("demo.cas")
def cas() -> System:
    """Two clients and one object."""
    return layout("demo.cas", BOTH)


@system("demo.known-bug")
def known_bug() -> System:
    """A store that does not compare: a known bug, shown on purpose."""
    return layout(
        "demo.known-bug",
        BOTH,
        settings={"demo.compare": "off"},
        expected=("updates_of_one_version_never_both_succeed",),
    )


@system("demo.cured-bug")
def cured_bug() -> System:
    """A bug is expected, and it is not there."""
    return layout("demo.cured-bug", BOTH, expected=("updates_of_one_version_never_both_succeed",))
