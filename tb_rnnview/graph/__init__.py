"""The one in-memory form of a TensorFlow graph, and what can be read off it without analysis."""
