"""TensorBoard's server side: the RNN VIEW tab and its data."""
