"""The z3 engine: what a decision or a transition system promises for all inputs.

- `fork`: run a function once for each way its questions can be answered; `numbers`: the symbolic number that asks them.
- `inputs`: one builder of inputs for the solver, for plain Python and for Hypothesis.
- `lift`: every path, each compared with plain Python; `scan`: what a symbolic number cannot notice.
- `judge`: what may be said of a claim; `smallest`: its smallest counterexample; `transition`: induction.
- `engine`: which theorems, and their results.
"""

from kspec.engines.z3.engine import prove as prove

__all__ = ["prove"]
