"""Alert rules, their states, and the notifications that readers get."""
