"""Timelines for people: the terminal view."""
