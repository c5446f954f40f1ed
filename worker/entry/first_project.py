"""The project file that `init` writes for a person's own service."""

PROJECT = """\
# What this project talks to. Messages go to a sandbox on this machine until a channel is yours.
project: {name}
connections:
  {service}: {{{options}}}
channels:
  email: {{type: sandbox}}
  # yours: {{type: email, url: "smtp://me@acme.example:587", password: "${{SMTP_PASSWORD}}", from: me@acme.example}}
  slack: {{type: sandbox}}
  # yours: {{type: slack, token: "${{SLACK_BOT_TOKEN}}"}}
defaults: {{timezone: Europe/Berlin, locale: en_GB, week_start: monday, operator: ops@acme.example}}
"""
