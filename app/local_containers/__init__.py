"""Containers on this machine: podman, its settings, the images of Debian. The region, the image and role tests share it."""
