/**
 * What the words of this page mean (docs/words.md), for whoever points at one.
 */

export const MEANING = {
  layer: 'Layer: weights and a state of its own. Every timestep uses the same weights.',
  timestep: 'Timestep: one position of the sequence. The layer runs once for each of them.',
  kernel:
    'Kernel: the matrix of weights that a layer multiplies by. There is one for all timesteps.',
  state: 'State: what a layer hands from one timestep to the next, h for example.',
  bias: 'Bias: numbers that are added after multiplying.',
  gate: 'Gate: a part of the kernel that decides what the state keeps, takes in or shows.',
  role: 'Role: what a layer does with the variable.',
  uses: 'Uses: how often a run of the network uses the variable in all.',
  shared:
    'Shared: how many timesteps use this one variable. The strip shows which: time goes right.',
  parameters: 'Parameters: the numbers that training changes. They are stored once.',
  variable: 'Variable: one storage of weights, by the name that the program gave it.',
  shape: 'Shape: the sizes of the variable, as Python prints them.',
  scale: 'One pixel stands for as many rows or columns in every kernel drawn.',
};
