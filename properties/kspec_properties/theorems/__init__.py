"""Theorems: what decisions promise for all inputs, and the false sentences that sound much like them."""

from kspec_properties.theorems import daemonset as daemonset
from kspec_properties.theorems import fenceposts as fenceposts
from kspec_properties.theorems import folds as folds
from kspec_properties.theorems import replicaset as replicaset
from kspec_properties.theorems import rolling as rolling
from kspec_properties.theorems import scaling as scaling
from kspec_properties.theorems import services as services
from kspec_properties.theorems import store as store
