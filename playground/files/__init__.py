"""Files: written whole or not at all, read with progress, refused in words."""
