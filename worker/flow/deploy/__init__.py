"""From a bundle to the deployment in force: plan, cost, activation."""
