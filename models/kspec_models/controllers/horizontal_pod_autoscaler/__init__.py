"""The HorizontalPodAutoscaler controller: its decisions."""
