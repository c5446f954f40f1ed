"""The steps of a run: tick, produce, deliver. And what people ask for: deploy, preview, replay and others.

Flow imports domain, ports and errors. It imports no library and reads no clock: time comes from the ledger.
"""
