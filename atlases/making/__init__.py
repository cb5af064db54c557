"""Parts of the scripts that make the atlases."""
