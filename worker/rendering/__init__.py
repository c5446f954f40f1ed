"""The content of a digest or notification in one reader's language: wording, page model, templates and CSS.

Imports ports, domain, errors, Babel, Jinja and css-inline. Never imports flow, a source or a channel.
"""
