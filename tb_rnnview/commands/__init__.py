"""The commands of ``tb-rnnview``, one per file: `add` declares its arguments, `run` does it."""
