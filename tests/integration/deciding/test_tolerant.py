"""Words of another version of the program stop no run."""

from sync.alerts import Reason
from sync.deciding.company import load_directory


async def test_a_refusal_in_a_word_of_another_version_is_asked_of_telegram_again(
    company, connection
):
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (101, 'on_the_moon'), (102, 'bot_blocked')"
    )
    people = (await load_directory(connection, ())).people
    assert people.refusals == {"102": Reason.BOT_BLOCKED}
