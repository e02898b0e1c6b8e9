"""Recordings of a real cluster against the models: is what really happened a behaviour of each component's model?"""
