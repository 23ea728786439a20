"""What the design adds: the mirror, the run book, the outbox, chats."""

from migrations.running import run, undo

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """See the text."""
    run("0003_mirror_and_outbox.up.sql")
    run("0003_job_sync.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
