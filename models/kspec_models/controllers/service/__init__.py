"""The Service controller, which has the cloud make load balancers: `decisions`, and `reconcile` that asks for them."""
