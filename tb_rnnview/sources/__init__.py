"""What the user has: graphs in memory, files and log folders, read into a `GraphSource`."""
