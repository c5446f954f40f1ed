"""Alert rules: evaluated over what a run found, and told to their readers."""
