"""One module a topic, named like the topic's file with underscores: see tests/conformance/run.py."""
