"""What is particular to glasser379."""
