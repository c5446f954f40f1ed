"""Alert rules: evaluates them on the answers of a run, and notifies their readers."""
