"""The StatefulSet controller: its decisions."""
