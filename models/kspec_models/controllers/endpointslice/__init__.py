"""The EndpointSlice controller's decisions, and kube-proxy's choice among the endpoints that it writes."""
