"""`python -m worker.entry`: the same as the `funnelbeat` script, for child processes of this interpreter."""

from worker.entry.cli import main

main()
