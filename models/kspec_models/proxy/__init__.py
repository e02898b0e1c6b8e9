"""How kube-proxy has packets for a service reach its endpoints: iptables rules, ipvs, and which mode runs."""
