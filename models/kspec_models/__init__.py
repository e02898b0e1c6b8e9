"""The spec of Kubernetes: one component a module or folder, and closed scopes beside them.

Importing it offers the API server's pipeline and the built-in systems to the checker.
"""

from kspec_models import apiserver as apiserver
from kspec_models import store_twins as store_twins
from kspec_models import twins as twins
from kspec_models.scopes import clients as clients
from kspec_models.scopes import manifests as manifests
from kspec_models.scopes import pins as pins
from kspec_models.scopes import workloads as workloads
