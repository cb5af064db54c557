"""Parts of ``make_dk84.py``."""
