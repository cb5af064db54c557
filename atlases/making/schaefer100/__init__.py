"""What is particular to schaefer100."""
