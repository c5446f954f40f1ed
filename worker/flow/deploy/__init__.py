"""From a bundle to what is in force: plan, cost, activation."""
