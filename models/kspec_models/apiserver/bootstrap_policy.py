"""The roles and bindings that every cluster has, as data: who may do what before anybody writes a role.

Upstream: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go` and `controller_policy.go`. Left out: rules for
resources that no model and no manifest here is about (events, leases, certificates, device claims, metrics), and roles
whose users are not modelled. `admin`, `edit` and `view` are written out as
aggregation leaves them.
"""

from __future__ import annotations

from kspec.kube.rbac import ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject, SubjectKind
from kspec_models.apiserver.authentication import AUTHENTICATED, MASTERS, SERVICE_ACCOUNTS, UNAUTHENTICATED
from kspec_models.apiserver.rbac import ALL, Policy

READ = "get list watch"
WRITE = "create update patch delete deletecollection"
READ_WRITE = f"{READ} {WRITE}"

APPS, AUTOSCALING, BATCH, DISCOVERY, NETWORKING, POLICY, RBAC, STORAGE = (
    "apps",
    "autoscaling",
    "batch",
    "discovery.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
)


def rule(verbs: str, resources: str, group: str = "") -> PolicyRule:
    """A rule from words with spaces between."""
    return PolicyRule(tuple(verbs.split()), (group,), tuple(resources.split()))


def paths(text: str) -> tuple[PolicyRule, ...]:
    """A rule that lets these paths be read."""
    return (PolicyRule(("get",), non_resource_urls=tuple(text.split())),)


EVERYTHING = (PolicyRule((ALL,), (ALL,), (ALL,)), PolicyRule((ALL,), non_resource_urls=(ALL,)))

VIEW = (
    rule(READ, "pods pods/status pods/log replicationcontrollers serviceaccounts services services/status endpoints"),
    rule(READ, "persistentvolumeclaims persistentvolumeclaims/status configmaps limitranges namespaces"),
    rule(READ, "resourcequotas resourcequotas/status namespaces/status bindings events"),
    rule(READ, "endpointslices", DISCOVERY),
    rule(READ, "controllerrevisions daemonsets daemonsets/status deployments deployments/status", APPS),
    rule(READ, "deployments/scale replicasets replicasets/status replicasets/scale", APPS),
    rule(READ, "statefulsets statefulsets/status statefulsets/scale", APPS),
    rule(READ, "horizontalpodautoscalers horizontalpodautoscalers/status", AUTOSCALING),
    rule(READ, "jobs jobs/status cronjobs cronjobs/status", BATCH),
    rule(READ, "poddisruptionbudgets poddisruptionbudgets/status", POLICY),
    rule(READ, "networkpolicies ingresses ingresses/status", NETWORKING),
)
EDIT = (
    rule(READ, "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy"),
    rule("impersonate", "serviceaccounts"),
    rule(WRITE, "pods pods/attach pods/proxy pods/exec pods/portforward"),
    rule("create", "pods/eviction serviceaccounts/token"),
    rule(WRITE, "replicationcontrollers serviceaccounts services services/proxy persistentvolumeclaims"),
    rule(WRITE, "configmaps secrets events"),
    rule(WRITE, "daemonsets deployments deployments/scale replicasets replicasets/scale", APPS),
    rule(WRITE, "statefulsets statefulsets/scale", APPS),
    rule(WRITE, "horizontalpodautoscalers", AUTOSCALING),
    rule(WRITE, "jobs cronjobs", BATCH),
    rule(WRITE, "poddisruptionbudgets", POLICY),
    rule(WRITE, "networkpolicies ingresses", NETWORKING),
    *VIEW,
)
ADMIN = (rule(READ_WRITE, "roles rolebindings", RBAC), *EDIT)

NODE_RULES = (
    rule(READ, "services pods secrets configmaps"),
    rule(f"create {READ}", "nodes"),
    rule("update patch", "nodes nodes/status pods/status"),
    rule("create delete", "pods"),
    rule("create", "pods/eviction serviceaccounts/token"),
    rule("get", "persistentvolumeclaims persistentvolumes endpoints"),
    rule("get update patch", "persistentvolumeclaims/status"),
    rule("get create update patch delete", "leases", "coordination.k8s.io"),
)
"""What the Node authorizer allows to nodes; nobody is bound to the role of the same rules."""

_PLAIN = {
    "cluster-admin": EVERYTHING,
    "admin": ADMIN,
    "edit": EDIT,
    "view": VIEW,
    "system:node": NODE_RULES,
    "system:discovery": paths(
        "/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*"
    ),
    "system:public-info-viewer": paths("/livez /readyz /healthz /version /version/"),
    "system:monitoring": paths("/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*"),
    "system:service-account-issuer-discovery": paths(
        "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"
    ),
    "system:basic-user": (
        rule("create", "selfsubjectaccessreviews selfsubjectrulesreviews", "authorization.k8s.io"),
        rule("create", "selfsubjectreviews", "authentication.k8s.io"),
    ),
    "system:kube-controller-manager": (
        rule("create get update", "secrets serviceaccounts"),
        rule("delete", "secrets"),
        rule("get", "namespaces configmaps"),
        PolicyRule(("list", "watch"), (ALL,), (ALL,)),
    ),
    "system:kube-scheduler": (
        rule(READ, "nodes pods services replicationcontrollers persistentvolumeclaims persistentvolumes namespaces"),
        rule("delete", "pods"),
        rule("create", "pods/binding bindings"),
        rule("patch update", "pods/status"),
        rule(READ, "replicasets statefulsets", APPS),
        rule(READ, "poddisruptionbudgets", POLICY),
        rule(READ, "csinodes csidrivers csistoragecapacities", STORAGE),
    ),
    "system:node-proxier": (
        rule("list watch", "services endpoints"),
        rule(READ, "nodes"),
        rule("list watch", "endpointslices", DISCOVERY),
    ),
    "system:volume-scheduler": (
        rule(f"{READ} patch update", "persistentvolumes persistentvolumeclaims"),
        rule(READ, "storageclasses", STORAGE),
    ),
}

CONTROLLER_ROLES = {
    "cronjob-controller": (
        rule(f"{READ} update", "cronjobs", BATCH),
        rule(f"{READ} create update delete patch", "jobs", BATCH),
        rule("update", "cronjobs/status cronjobs/finalizers", BATCH),
        rule("list watch delete", "pods"),
    ),
    "daemon-set-controller": (
        rule(READ, "daemonsets", APPS),
        rule("update", "daemonsets/status daemonsets/finalizers", APPS),
        rule("list watch", "nodes"),
        rule("list watch create delete patch", "pods"),
        rule("create", "pods/binding"),
        rule(f"{READ} create delete update patch", "controllerrevisions", APPS),
    ),
    "deployment-controller": (
        rule(f"{READ} update", "deployments", APPS),
        rule("update", "deployments/status deployments/finalizers", APPS),
        rule(f"{READ} create update patch delete", "replicasets", APPS),
        rule(f"{READ} update", "pods"),
    ),
    "disruption-controller": (
        rule(READ, "deployments replicasets statefulsets", APPS),
        rule(READ, "replicationcontrollers"),
        rule(READ, "poddisruptionbudgets", POLICY),
        rule("update", "poddisruptionbudgets/status", POLICY),
        rule("patch update", "pods/status"),
        PolicyRule(("get",), (ALL,), ("*/scale",)),
    ),
    "endpointslice-controller": (
        rule(READ, "services pods nodes"),
        rule("update", "services/finalizers"),
        rule(f"{READ} create update delete", "endpointslices", DISCOVERY),
    ),
    "generic-garbage-collector": (PolicyRule((*READ.split(), "patch", "update", "delete"), (ALL,), (ALL,)),),
    "horizontal-pod-autoscaler": (
        rule(READ, "horizontalpodautoscalers", AUTOSCALING),
        rule("update", "horizontalpodautoscalers/status", AUTOSCALING),
        PolicyRule(("get", "update"), (ALL,), ("*/scale",)),
        rule("list watch", "pods"),
    ),
    "job-controller": (
        rule(f"{READ} update patch", "jobs", BATCH),
        rule("update", "jobs/status jobs/finalizers", BATCH),
        rule("list watch create delete patch", "pods"),
    ),
    "namespace-controller": (
        rule(f"{READ} delete", "namespaces"),
        rule("update", "namespaces/finalize namespaces/status"),
        PolicyRule((*READ.split(), "delete", "deletecollection"), (ALL,), (ALL,)),
    ),
    "node-controller": (
        rule(f"{READ} update delete patch", "nodes"),
        rule("patch update", "nodes/status pods/status"),
        rule(f"{READ} delete", "pods"),
    ),
    "persistent-volume-binder": (
        rule(f"{READ} update create delete", "persistentvolumes"),
        rule("update", "persistentvolumes/status persistentvolumeclaims/status"),
        rule(f"{READ} update", "persistentvolumeclaims"),
        rule(f"{READ} create delete", "pods"),
        rule(READ, "storageclasses", STORAGE),
        rule("list watch", "nodes"),
    ),
    "pod-garbage-collector": (
        rule("list watch delete", "pods"),
        rule(READ, "nodes"),
        rule("patch", "pods/status"),
    ),
    "pv-protection-controller": (rule(f"{READ} update", "persistentvolumes"),),
    "pvc-protection-controller": (rule(f"{READ} update", "persistentvolumeclaims"), rule(READ, "pods")),
    "replicaset-controller": (
        rule(f"{READ} update", "replicasets", APPS),
        rule("update", "replicasets/status replicasets/finalizers", APPS),
        rule("list watch patch create delete", "pods"),
    ),
    "resourcequota-controller": (
        PolicyRule(("list", "watch"), (ALL,), (ALL,)),
        rule("update", "resourcequotas/status"),
    ),
    "service-account-controller": (rule("create", "serviceaccounts"),),
    "statefulset-controller": (
        rule("list watch", "pods"),
        rule(READ, "statefulsets", APPS),
        rule("update", "statefulsets/status statefulsets/finalizers", APPS),
        rule("get create delete update patch", "pods"),
        rule(f"{READ} create delete update patch", "controllerrevisions", APPS),
        rule(f"{READ} create update delete", "persistentvolumeclaims"),
        rule("update", "pods/finalizers"),
    ),
    "ttl-after-finished-controller": (rule(f"{READ} delete", "jobs", BATCH),),
}
"""The role of each controller, by the service account in kube-system that is bound to it."""


def _bound(role: str, kind: SubjectKind, name: str, namespace: str = "") -> ClusterRoleBinding:
    return ClusterRoleBinding(role, RoleRef("ClusterRole", role), (Subject(kind, name, namespace),))


def _to_groups(role: str, *groups: str) -> ClusterRoleBinding:
    subjects = tuple([Subject(SubjectKind.GROUP, group) for group in groups])
    return ClusterRoleBinding(role, RoleRef("ClusterRole", role), subjects)


BOOTSTRAP = Policy(
    cluster_roles=(
        *[ClusterRole(name, rules) for name, rules in _PLAIN.items()],
        *[ClusterRole(f"system:controller:{name}", rules) for name, rules in CONTROLLER_ROLES.items()],
    ),
    cluster_role_bindings=(
        _to_groups("cluster-admin", MASTERS),
        _to_groups("system:monitoring", "system:monitoring"),
        _to_groups("system:discovery", AUTHENTICATED),
        _to_groups("system:basic-user", AUTHENTICATED),
        _to_groups("system:public-info-viewer", AUTHENTICATED, UNAUTHENTICATED),
        _to_groups("system:service-account-issuer-discovery", SERVICE_ACCOUNTS),
        _bound("system:kube-scheduler", SubjectKind.USER, "system:kube-scheduler"),
        _bound("system:volume-scheduler", SubjectKind.USER, "system:kube-scheduler"),
        _bound("system:node-proxier", SubjectKind.USER, "system:kube-proxy"),
        _bound("system:kube-controller-manager", SubjectKind.USER, "system:kube-controller-manager"),
        *[
            _bound(f"system:controller:{name}", SubjectKind.SERVICE_ACCOUNT, name, "kube-system")
            for name in CONTROLLER_ROLES
        ],
    ),
)
"""What every cluster has."""
