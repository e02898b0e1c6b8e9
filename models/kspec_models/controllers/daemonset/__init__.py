"""The DaemonSet controller: its decisions."""
