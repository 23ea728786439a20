"""The words of alerts: kinds, states with their transitions, reasons, recipients.

The vocabulary of the outbox, shared by the rules (which make alerts), the store and the delivery
(which sends them). Nothing here decides or does anything.
"""

from dataclasses import dataclass
from enum import StrEnum

from sync.model.refs import PersonKey
from sync.model.refs import RecipientType as RecipientType


class AlertKind(StrEnum):
    """Every kind of alert; docs/recipes.md says what a new one needs."""

    CREW_LEAD_NEEDED = "crew_lead_needed"
    JOB_TAKEN_AWAY = "job_taken_away"
    JOB_ASSIGNED = "job_assigned"
    PLAN_CHANGES_REQUIRED = "plan_changes_required"
    RETURNED_TO_PLANNING = "returned_to_planning"
    PLAN_READY_FOR_REVIEW = "plan_ready_for_review"
    JOB_REASSIGNED = "job_reassigned"
    CREW_LEADER_UNREACHABLE = "crew_leader_unreachable"
    CREW_LEAD_MISSING = "crew_lead_missing"
    STATE_CHANGED = "state_changed"
    SALE_PROGRESSED = "sale_progressed"
    SYNC_BLIND = "sync_blind"
    SYNC_RECOVERED = "sync_recovered"
    FIRST_CONTACT = "first_contact"
    STATE_UNKNOWN = "state_unknown"
    DOCUMENT_UNREADABLE = "document_unreadable"
    MASS_CHANGE_HELD = "mass_change_held"
    SOURCE_UNREADABLE = "source_unreadable"
    MANAGER_UNREACHABLE = "manager_unreachable"
    LINK_REQUESTED = "link_requested"  # made by a program of before only; nobody decides it
    LINK_DECIDED = "link_decided"  # approved
    LINK_MOVED = "link_moved"  # any change of a link
    INVITE_ACCEPTED = "invite_accepted"
    MESSAGE_NOT_TAKEN = "message_not_taken"


class AlertState(StrEnum):
    """The life of an alert; the transitions are written here and nowhere else."""

    PENDING = "pending"  # due -> sending, superseded, undeliverable, held
    HELD = "held"  # with a reason and a time -> pending, superseded
    # leased -> every terminal state but the last two, pending (429, 5xx, or its call was not
    # begun), held (401, or 5xx for long)
    SENDING = "sending"
    DELIVERED = "delivered"  # terminal: Telegram accepted it, message_id is known
    # terminal: a newer one, or what it asks is done. It was none of his business any more: if it is
    # again -> pending, undeliverable
    SUPERSEDED = "superseded"
    # terminal until he can be reached -> pending, superseded. Not for what Telegram did not take
    UNDELIVERABLE = "undeliverable"
    UNKNOWN = "unknown"  # terminal: the answer was lost; never repeated blindly
    HANDED_OVER = "handed_over"  # terminal: given to Make
    WITHHELD = "withheld"  # terminal: shadow mode, or not for Make


TRANSITIONS: dict[AlertState, frozenset[AlertState]] = {
    AlertState.PENDING: frozenset(
        {AlertState.SENDING, AlertState.SUPERSEDED, AlertState.UNDELIVERABLE, AlertState.HELD}
    ),
    AlertState.HELD: frozenset({AlertState.PENDING, AlertState.SUPERSEDED}),
    AlertState.SENDING: frozenset(
        {
            AlertState.DELIVERED,
            AlertState.UNDELIVERABLE,
            AlertState.UNKNOWN,
            AlertState.SUPERSEDED,
            AlertState.PENDING,
            AlertState.HELD,
        }
    ),
    AlertState.UNDELIVERABLE: frozenset({AlertState.PENDING, AlertState.SUPERSEDED}),
    AlertState.DELIVERED: frozenset(),
    AlertState.SUPERSEDED: frozenset({AlertState.PENDING, AlertState.UNDELIVERABLE}),
    AlertState.UNKNOWN: frozenset(),
    AlertState.HANDED_OVER: frozenset(),
    AlertState.WITHHELD: frozenset(),
}

#: A leader was told of his assignment when an alert of it to him is in one of these.
TOLD = frozenset(
    {
        AlertState.SENDING,
        AlertState.DELIVERED,
        AlertState.UNKNOWN,
        AlertState.HANDED_OVER,
        AlertState.WITHHELD,
    }
)


class Reason(StrEnum):
    """Why a person cannot be reached. The same words in the database, in logs, in `/status` and
    behind the sentences.
    """

    NOT_IN_DATABASE = "not_in_database"
    AMBIGUOUS = "ambiguous"
    PENDING_APPROVAL = "pending_approval"
    INACTIVE = "inactive"
    NO_TELEGRAM = "no_telegram"
    BOT_BLOCKED = "bot_blocked"
    CHAT_NOT_FOUND = "chat_not_found"
    DEACTIVATED = "deactivated"
    BLOCKED_IN_ATTIC_TECH = "blocked_in_attic_tech"
    UNREADABLE_IN_ATTIC_TECH = "unreadable_in_attic_tech"
    NO_MANAGER = "no_manager"


def reason_of(word: str | None) -> Reason | None:
    """The reason that a stored word names; None also for one of another version of the program."""
    return next((reason for reason in Reason if reason == word), None)


#: Whoever cannot be reached for one of these has left: he learns nothing any more.
LEFT = frozenset({Reason.INACTIVE, Reason.BLOCKED_IN_ATTIC_TECH})


class Because(StrEnum):
    """Why an alert waits or ended where it is not for its person: the other words of
    `alert.reason`.
    """

    NEWER = "newer"  # superseded: a newer one to him about the same job
    DONE = "done"  # superseded: what it asks is done
    NOT_HIS = "not_his_any_more"  # superseded
    GONE = "gone"  # superseded: the job is
    OVER = "over"  # superseded: it told how things were
    IN_ONE_MESSAGE = "in_one_message"  # superseded: a message about several jobs says it
    ANSWER_LOST = "answer_lost"  # unknown
    LEASE_RAN_OUT = "lease_ran_out"  # unknown: its sender died
    TOKEN_REFUSED = "token_refused"  # held  # noqa: S105 - a word
    SLOW_DOWN = "slow_down"  # pending: Telegram said 429
    # pending: Telegram was away, or had trouble of its own. held: it fails at this one for long.
    # undeliverable: it did so while it took others
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told something, in one role, and the address that he has at the moment."""

    type: RecipientType
    id: int
    telegram_id: str | None = None
    reason: Reason | None = None  # why there is no address, or why it cannot be used

    @property
    def key(self) -> str:
        """The person's part of an event key: `attic:7`, `user:3`, `sales:4`, `telegram:99`."""
        return str(PersonKey(self.type, self.id))
