"""Shift-add networks: weights are powers of two with a sign, or what distances are taken to; and layers
whose weights are known when they are generated, additions of shifted values without a memory."""
