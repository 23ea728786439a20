"""Groups in which the bot and some people are."""

from sandbox.telegram.world import Chat, EventKind, Message, World


class Group:
    """A group in which the bot and some people are."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world, self._chat = world, chat

    @property
    def id(self) -> int:
        """The group's id; another one after it became a supergroup."""
        return self._chat.id

    @property
    def messages(self) -> tuple[Message, ...]:
        """The group as it looks now, oldest first."""
        return tuple(self._chat.messages.values())

    async def migrate(self) -> int:
        """Become a supergroup: the old id answers with the new one, which is returned."""
        old = self._chat
        self._chat = Chat(-1_000_000_000_000 + old.id, "supergroup", old.title, set(old.members))
        self._world.chats[self._chat.id] = self._chat
        old.migrated_to = self._chat.id
        self._world.log(EventKind.MEMBERSHIP, old.id, text=f"migrated to {self._chat.id}")
        return self._chat.id

    async def kick_bot(self) -> None:
        """Remove the bot from the group."""
        self._chat.bot_inside = False
        self._world.log(EventKind.MEMBERSHIP, self.id, text="the bot was removed")
