"""Containers on this machine: podman, its settings and Debian images, for the region, the image and the role tests."""
