"""The EndpointSlice controller: `decisions` of what an endpoint says of its pod, `reconcile` writes them."""
