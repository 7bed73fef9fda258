"""What differs between two timelines: layers by their structure, then fact by fact."""
