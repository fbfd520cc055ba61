"""Volumes: heads made of nilearn's packaged MNI152 template, and how registration programs do on them."""
