"""Local features of both images, and the poses they propose: for views that are far from each other.

A feature is a point with a frame, which says how its neighbourhood is magnified, turned and slanted, so that already a
single match of two is an affine map.
"""
