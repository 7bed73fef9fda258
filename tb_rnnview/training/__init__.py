"""Statistics of training: what each timestep of a recurrent layer does at a training step."""
