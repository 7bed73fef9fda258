"""The rules that read a timeline. Each file here is one of them, found by being here."""
