"""Shift-add networks: weights are powers of two with a sign, or what distances are taken to."""
