"""The engine for volumes: search over turns by FFT, race, refinement and verification, in physical units."""
