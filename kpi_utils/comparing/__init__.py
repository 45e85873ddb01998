"""What several sheets say together: two years of a plan, and many plans."""
