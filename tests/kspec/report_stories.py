"""Stories for the tests of reports: one of each kind, a tall one, and one that is too long for a page."""

from __future__ import annotations

import attrs

from kspec.kernel.trace import Belief, Change, Lane, Story, StoryStep

USER = Lane("user", "user")
API = Lane("api", "API server + store", "the truth")
REPLICASET = Lane("replicaset", "ReplicaSet controller", "acts on its cache")
DEPLOYMENT = Lane("deployment", "Deployment controller", "acts on its cache")
SCHEDULER = Lane("scheduler", "scheduler")
KUBELET = Lane("kubelet", "kubelet of edge-node")


def made(thing: str, **fields: str) -> tuple[Change, ...]:
    """An object that came into being, with these fields."""
    return (Change(thing, "", None, ""), *(Change(thing, name, None, value) for name, value in fields.items()))


def call(
    number: int, actor: str, action: str, answer: str, changes: tuple[Change, ...] = (), says: str = ""
) -> StoryStep:
    """One API call."""
    return StoryStep(number, actor, "call", action, says, answer, changes)


def sees(number: int, actor: str, what: str, step: int, says: str = "") -> StoryStep:
    """One watch event which arrives."""
    return StoryStep(number, actor, "deliver", f"sees {what} (step\u00a0{step})", says)


SURPLUS = Story(
    system="replicaset.stale, expectations off",
    property="no_surplus_pods",
    sentence="A ReplicaSet never has more active pods than its largest replicas.",
    kind="safety",
    start={"api": ("no objects",), "kubelet": ("runs nothing",)},
    lanes=(USER, API, REPLICASET, SCHEDULER, KUBELET),
    steps=(
        call(1, "user", "POST replicasets/shop", "201 Created", made("ReplicaSet shop", replicas="2"), "2 pods wanted"),
        sees(2, "replicaset", "ReplicaSet shop", 1, "shop is queued"),
        call(3, "replicaset", "POST pods/shop-a", "201 Created", made("Pod shop-a"), "has 0 of 2; begins with 1"),
        call(4, "replicaset", "POST pods/shop-b", "201 Created", made("Pod shop-b"), "and the other"),
        sees(5, "scheduler", "Pod shop-a", 3),
        call(
            6,
            "scheduler",
            "POST pods/shop-a/binding",
            "201 Created",
            (Change("Pod shop-a", "spec.nodeName", "none", "edge-node"),),
            "edge-node has room",
        ),
        sees(7, "kubelet", "Pod shop-a", 6),
        StoryStep(
            8,
            "kubelet",
            "local",
            "start containers of shop-a",
            changes=(Change("shop-a", "containers", "none", "running"),),
        ),
        call(
            9,
            "kubelet",
            "PATCH pods/shop-a/status",
            "200 OK",
            (Change("Pod shop-a", "status.phase", "Pending", "Running"),),
        ),
        attrs.evolve(
            call(10, "replicaset", "POST pods/shop-c", "201 Created", made("Pod shop-c"), "has 0 of 2; begins with 1"),
            belief=Belief("0 pods", "2 pods", ("Pod shop-a (step\u00a09)", "Pod shop-b (step\u00a04)")),
            breaks="active pods of ReplicaSet shop = 3, its largest replicas = 2",
        ),
    ),
    clause="active pods of ReplicaSet shop = 3, its largest replicas = 2",
    objects=(
        "ReplicaSet shop",
        "ReplicaSet shop: replicas\u00a02, available\u00a00",
        "Pod shop-a: Running, on edge-node",
        "Pod shop-b: Pending",
        "Pod shop-c: Pending",
    ),
)

STUCK = Story(
    system="rollout-deadlock.yaml --with rollout",
    property="a_rollout_completes",
    sentence="After the last change of its template, every pod of a Deployment is of that template and ready.",
    kind="stuck",
    start={
        "api": (
            "after steps 1 to 12:",
            "Deployment gate: replicas\u00a01, available\u00a01, image gate:1",
            "ReplicaSet gate-old: replicas\u00a01",
            "Pod gate-old-a: Running, Ready, on edge-node",
        ),
        "deployment": ("may add 25% of 1, rounded up: 1", "may lack 25% of 1, rounded down: 0"),
        "kubelet": ("gate-old-a: running, holds port 8443",),
    },
    lanes=(USER, API, DEPLOYMENT, REPLICASET, SCHEDULER, KUBELET),
    steps=(
        call(
            13,
            "user",
            "PATCH deployments/gate",
            "200 OK",
            (Change("Deployment gate", "image", "gate:1", "gate:2"),),
            "image gate:2",
        ),
        sees(14, "deployment", "Deployment gate", 13),
        call(
            15,
            "deployment",
            "POST replicasets/gate-new",
            "201 Created",
            made("ReplicaSet gate-new", replicas="1"),
            "1 + 1 pods are allowed",
        ),
        sees(16, "replicaset", "ReplicaSet gate-new", 15),
        call(17, "replicaset", "POST pods/gate-new-a", "201 Created", made("Pod gate-new-a"), "has 0 of 1"),
        sees(18, "scheduler", "Pod gate-new-a", 17),
        call(
            19,
            "scheduler",
            "PATCH pods/gate-new-a/status",
            "200 OK",
            (Change("Pod gate-new-a", "PodScheduled", "none", "False"),),
            "edge-node has no free port 8443",
        ),
        sees(20, "deployment", "ReplicaSet gate-new", 17),
    ),
    clause="Deployment gate wants 1 pod of its last template: 1 there, 0 ready, and 1 of an earlier template",
    objects=(
        "Deployment gate: updated 1, available 1",
        "Pod gate-old-a: Running, Ready, on edge-node",
        "Pod gate-new-a: Pending",
    ),
    waits=(
        ("deployment", "1 more pod of gate-new to be available", "gate-old to 0 now would leave 0, and it may lack 0"),
        ("replicaset", "", "gate-old has 1 of 1, gate-new has 1 of 1: a pending pod counts"),
        ("scheduler", "a node for gate-new-a", "edge-node: its port 8443 is held by gate-old-a"),
        ("kubelet", "", "gate-old-a runs well, and nobody deletes it"),
        ("user", "", "every change that was allowed has been made"),
    ),
)

FIGHT = Story(
    system="two-scalers",
    property="replicas_settle",
    sentence="Once users stop, spec.replicas of a Deployment stops changing.",
    kind="lasso",
    start={"api": ("Deployment web: replicas\u00a02",)},
    lanes=(
        USER,
        API,
        Lane("scaler", "scaler by load", "wants at least 3"),
        Lane("schedule", "scaler by schedule", "wants 2 at night"),
    ),
    steps=(
        call(1, "user", "POST scalers/web", "201 Created", made("Scaler web", minReplicas="3")),
        sees(2, "scaler", "Scaler web", 1),
        call(
            3,
            "scaler",
            "PUT deployments/web/scale",
            "200 OK",
            (Change("Deployment web", "spec.replicas", "2", "3"),),
            "2 is less than minReplicas",
        ),
        sees(4, "schedule", "Deployment web", 3, "3, and it is night"),
        call(5, "user", "PUT deployments/web", "409 Conflict", says="with an old version"),
        call(
            6,
            "schedule",
            "PUT deployments/web/scale",
            "200 OK",
            (Change("Deployment web", "spec.replicas", "3", "2"),),
            "back to 2",
        ),
        sees(7, "scaler", "Deployment web", 6, "2 again"),
    ),
    clause="spec.replicas of Deployment web changes at steps 3 and 6, in every round of the loop",
    objects=("Deployment web: replicas 2, 3, 2, 3, …", "Scaler web: minReplicas 3"),
    loop_at=3,
)

LIGHT = Story(
    system="crossing",
    property="the_light_stays_green",
    sentence="In the end the light stays <green>.",
    kind="lasso",
    start={"the state": ("light: Red", "waiting: {1, 2} & more")},
    lanes=(Lane("timer", "timer"), Lane("the state", "the state", "the truth")),
    steps=(
        StoryStep(1, "timer", "local", "switch", "it is time", changes=(Change("light", "colour", "Red", "Green"),)),
        StoryStep(2, "timer", "local", "switch", "it is time", changes=(Change("light", "colour", "Green", "Red"),)),
        StoryStep(3, "timer", "fault", "lose power", "for a moment"),
    ),
    clause="",
    loop_at=1,
    store="the state",
)


def _rounds(count: int, after: int) -> tuple[StoryStep, ...]:
    """Rounds of eight steps in which a pod is made, bound, run and reported; in every second one a call is refused."""
    steps: list[StoryStep] = []
    for i in range(count):
        pod, n = f"shop-{'abcdefghij'[i]}", after + len(steps)
        bound = (Change(f"Pod {pod}", "spec.nodeName", "none", "edge-node"),)
        runs = (Change(f"Pod {pod}", "status.phase", "Pending", "Running"),)
        counted = (Change("ReplicaSet shop", "status.replicas", str(i), str(i + 1)),)
        refusal = call(n + 8, "kubelet", f"PATCH pods/{pod}/status", "409 Conflict", says="with an old version")
        steps += [
            call(n + 1, "replicaset", f"POST pods/{pod}", "201 Created", made(f"Pod {pod}"), f"has {i} of 9"),
            sees(n + 2, "scheduler", f"Pod {pod}", n + 1),
            call(n + 3, "scheduler", f"POST pods/{pod}/binding", "201 Created", bound),
            sees(n + 4, "kubelet", f"Pod {pod}", n + 3),
            call(n + 5, "kubelet", f"PATCH pods/{pod}/status", "200 OK", runs),
            sees(n + 6, "replicaset", f"Pod {pod}", n + 5),
            call(n + 7, "replicaset", "PUT replicasets/shop/status", "200 OK", counted),
            refusal if i % 2 else sees(n + 8, "scheduler", f"Pod {pod}", n + 5),
        ]
    return tuple(steps)


CRASH = StoryStep(1, "replicaset", "fault", "crash of the ReplicaSet controller", "its memory is lost")


def _long(rounds: int, name: str) -> Story:
    begin = SURPLUS.steps[:2]
    middle = _rounds(rounds, 2)
    last = SURPLUS.steps[-1]
    n = 2 + len(middle)
    belief = Belief("0 pods", f"{rounds} pods", ("Pod shop-a (step\u00a07)", f"Pod shop-b (step\u00a0{n - 1})"))
    end = (attrs.evolve(CRASH, number=n + 1), sees(n + 2, "replicaset", "ReplicaSet shop", 1, "from an old cache"))
    broken = attrs.evolve(last, number=n + 3, belief=belief)
    return attrs.evolve(SURPLUS, system=name, steps=(*begin, *middle, *end, broken))


TALL = _long(3, "a tall page")
LONG = _long(7, "more than a page")
FIFTEEN = attrs.evolve(
    SURPLUS,
    system="fifteen steps",
    steps=(*SURPLUS.steps[:9], *_rounds(1, 9)[:5], attrs.evolve(SURPLUS.steps[-1], number=15)),
)

STORIES = {
    "surplus": SURPLUS,
    "stuck": STUCK,
    "fight": FIGHT,
    "light": LIGHT,
    "fifteen": FIFTEEN,
    "tall": TALL,
    "long": LONG,
}
