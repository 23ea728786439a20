"""What linking adds: attempts and requests, what one person's rows agreed on, cleared messages."""

from migrations.running import run, undo

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """See the text."""
    run("0005_linking.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
