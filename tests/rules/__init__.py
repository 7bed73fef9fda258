"""The rules of the analysis, each with a way to break it and a test that then fails.

``scripts/break_rules.py`` breaks them one by one, in a copy of the tree, and shows which test
notices.
"""
