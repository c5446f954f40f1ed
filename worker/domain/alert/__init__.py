"""Alert rules, their states, and what readers are told of them."""
