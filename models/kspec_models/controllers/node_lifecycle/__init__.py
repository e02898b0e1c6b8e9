"""The node lifecycle controller: the health of nodes, their taints, and how fast they may be tainted."""
