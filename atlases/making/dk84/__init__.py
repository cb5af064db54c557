"""What is particular to dk84."""
