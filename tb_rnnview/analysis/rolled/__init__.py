"""Timesteps that are written out one by one are rolled up into a loop."""
