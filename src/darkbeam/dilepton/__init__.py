"""Measured lepton pairs as a source of dark photons and millicharged pairs (method proposed in arXiv:2512.04153)."""
