"""Problems as bare searches over tuples of integers: what the engines are compared with."""

from __future__ import annotations

from collections.abc import Callable

State = tuple[int, ...]
Successors = Callable[[State], list[State]]


def store_cas(writers: int, times: int) -> tuple[State, Successors]:
    """Writers that read a number with its version and write it back plus one by compare-and-swap, so often each."""

    def successors(state: State) -> list[State]:
        value, version = state[0], state[1]
        found = []
        for at in range(2, 2 + 4 * writers, 4):
            holds, read, read_version, done = state[at : at + 4]
            if not holds:
                if done < times:
                    found.append((*state[:at], 1, value, version, done, *state[at + 4 :]))
            elif read_version == version:
                found.append((read + 1, version + 1, *state[2:at], 0, 0, 0, done + 1, *state[at + 4 :]))
            else:
                found.append((*state[:at], 0, 0, 0, done, *state[at + 4 :]))
        return found

    return (0, 0) + (0, 0, 0, 0) * writers, successors


def search(initial: State, successors: Successors) -> int:
    """Breadth-first; how many states were generated."""
    seen, frontier, generated = {initial}, [initial], 0
    while frontier:
        following = []
        for state in frontier:
            for after in successors(state):
                generated += 1
                if after not in seen:
                    seen.add(after)
                    following.append(after)
        frontier = following
    return generated
