"""Adapters. Each implements a port with one library.

An adapter imports ports, domain, errors and its library. It never imports flow, a source or a channel.
"""
