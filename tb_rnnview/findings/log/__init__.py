"""The rules that read the statistics of a log. Each file here is one, found by being here."""
