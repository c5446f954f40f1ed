"""Every command by name: where it is defined, in which section of the help it stands, and what it does in one line.

The table stands apart from the commands so that `--version`, `--help` and completion import none of them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """In the order of the help."""

    FIRST = "First steps"
    RUNNING = "Running"
    LOOKING = "Looking"
    REPAIRING = "Repairing"


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """`module`: a module of worker.entry that has the command in COMMANDS or GROUPS. `summary`: at most 62 characters,
    so that a terminal of 80 columns shows all of it.
    """

    section: Section
    module: str
    summary: str


LISTED = {
    "init": CommandEntry(Section.FIRST, "init_command", "Write a new project. The sandbox needs no account."),
    "check": CommandEntry(
        Section.FIRST, "project_commands", "Report everything that is wrong with the project's files."
    ),
    "preview": CommandEntry(
        Section.FIRST, "preview_command", "Fetch now and render what a reader would get. Sends nothing."
    ),
    "send-test": CommandEntry(Section.FIRST, "send_test_command", "Send a sample digest through one channel."),
    "plan": CommandEntry(Section.FIRST, "plan_commands", "Show which runs will fire, for whom, and what would change."),
    "deploy": CommandEntry(Section.FIRST, "deployment_commands", "Check the files, show the plan, and activate them."),
    "up": CommandEntry(Section.FIRST, "processes", "Run a clock, a worker, and `web` for links. Deploy on save."),
    "demo": CommandEntry(Section.FIRST, "demo", "Show the whole product on a sandbox, without an account."),
    "run": CommandEntry(Section.RUNNING, "run_commands", "Run a schedule now, in this process."),
    "trigger": CommandEntry(Section.RUNNING, "run_commands", "Queue a run for the workers and print its key."),
    "pause": CommandEntry(Section.RUNNING, "plan_commands", "Pause a schedule. Slots during the pause are missed."),
    "resume": CommandEntry(Section.RUNNING, "plan_commands", "End a pause."),
    "cancel": CommandEntry(
        Section.RUNNING, "cancel_command", "End a run that is not finished. What was sent stays sent."
    ),
    "clock": CommandEntry(Section.RUNNING, "clock_command", "Claim due slots and publish them, until it is stopped."),
    "worker": CommandEntry(Section.RUNNING, "processes", "Fetch and deliver as a Celery worker, until it is stopped."),
    "web": CommandEntry(Section.RUNNING, "web_command", "Serve the HTTP API and the pages that links open."),
    "chat": CommandEntry(Section.RUNNING, "chat_commands", "Print a chat app's manifest; take requests over a socket."),
    "schedules": CommandEntry(Section.LOOKING, "schedule_commands", "List schedules: next slot, last run, readers."),
    "runs": CommandEntry(Section.LOOKING, "ask_commands", "List runs and missed slots, newest first."),
    "show": CommandEntry(Section.LOOKING, "ask_commands", "Show one run: its state, its bridge and its deliveries."),
    "explain": CommandEntry(Section.LOOKING, "ask_commands", "Say why a run was sent or not, and what it compared."),
    "logs": CommandEntry(Section.LOOKING, "logs_command", "Print what happened to runs; --follow prints new events."),
    "diff": CommandEntry(Section.LOOKING, "diff_command", "Compare two runs of a schedule: what changed."),
    "export": CommandEntry(Section.LOOKING, "export_command", "Write a run's stored answers as CSV, JSON or Parquet."),
    "deliveries": CommandEntry(
        Section.LOOKING, "ops_commands", "List deliveries; `settle` says how an unknown one ended."
    ),
    "subscriptions": CommandEntry(
        Section.LOOKING, "subscription_commands", "List, add and end subscriptions: who gets what."
    ),
    "alerts": CommandEntry(
        Section.LOOKING, "alert_commands", "List, explain, acknowledge, silence and back-test alerts."
    ),
    "baselines": CommandEntry(
        Section.LOOKING, "baseline_commands", "List what each next digest compares with; `reset` it."
    ),
    "audit": CommandEntry(Section.LOOKING, "access_commands", "List what was done, by whom and how."),
    "tokens": CommandEntry(Section.RUNNING, "access_commands", "Create, list and revoke tokens of the API."),
    "settings": CommandEntry(
        Section.LOOKING, "settings_command", "Show the settings in use and where each comes from."
    ),
    "sandbox": CommandEntry(Section.RUNNING, "sandbox_commands", "Move the pipeline of the sandbox that `up` runs."),
    "source": CommandEntry(Section.LOOKING, "source_commands", "List what a connection holds, such as its pipelines."),
    "templates": CommandEntry(Section.LOOKING, "template_commands", "List, copy and check the templates of messages."),
    "deployments": CommandEntry(Section.LOOKING, "deployment_commands", "List the last deployments, newest first."),
    "doctor": CommandEntry(
        Section.LOOKING, "doctor_commands", "Check Redis, the broker, connections, channels, processes."
    ),
    "rollback": CommandEntry(Section.REPAIRING, "deployment_commands", "Activate an earlier deployment again."),
    "replay": CommandEntry(
        Section.REPAIRING, "ops_commands", "Render sent messages again, offline, and compare the bytes."
    ),
    "retry": CommandEntry(Section.REPAIRING, "ops_commands", "Try again the messages that a run could not deliver."),
    "webhooks": CommandEntry(
        Section.REPAIRING, "webhook_commands", "List webhooks of events; `retry` what was given up."
    ),
    "bounces": CommandEntry(
        Section.REPAIRING, "bounce_commands", "Suspend addresses that a mail server reported as dead."
    ),
    "forget": CommandEntry(Section.REPAIRING, "ops_commands", "Remove a reader's data, or a deal from every answer."),
}
"""In the order of the help, sections and commands."""
