"""Judging superpose against its peers: cases with known truth, one runner, tables and plots."""
