"""What shows a customer to somebody who could not ask for it any more is taken back: answers,
whoever asked, and the alerts of managers.
"""

import pytest

from bot.jobs.answers import remember
from bot.views.language import Words
from tests.mirror import Town
from tests.posting import HASTE, WORDS, Post, until

RCL, PIP = "Requires Crew Lead", "Plans In Progress"
EDIT = "editMessageText"
CARD = "Job 7: (619) 555-0142, 12 Elm St"
BACK = "What stood here is not shown to you any more. Ask again for what is yours."

NO_BRANCH = (
    "DELETE FROM botzilla.user_branch WHERE user_id ="
    " (SELECT id FROM botzilla.\"user\" WHERE telegram_id = '101')"
)


async def answered(post: Post, who: int, *jobs: str) -> int:
    """Somebody asked, and has this before him now; the number of the message."""
    sent = await post.sender.carrier.bot.send_message(who, CARD)
    await remember(post.connection, who, sent.message_id, jobs)
    return sent.message_id


async def decided(town: Town) -> None:
    """Without alerts, so that nothing but answers stands on the phones."""
    async with town.connection.transaction():
        await town.decide()
        await town.connection.execute("DELETE FROM botzilla.alert")


def shown(post: Post, who: int) -> list[str]:
    return [message.text for message in post.telegram.phone(who).received]


async def another_manager(town: Town) -> None:
    """Else every manager looks after a branch that has none."""
    orange = await town.connection.fetchval("SELECT id FROM botzilla.branch")
    await town.company.manager(branch=orange, telegram_id="103")


async def looked_at_all(post: Post) -> None:
    """Until the few chats there are were looked at twice from now on."""
    for _ in range(2):
        last = post.sender._next_clearing

        async def again(last: float = last) -> bool:
            return post.sender._next_clearing != last

        await until(again)


async def taken_back(post: Post, who: int, text: str = BACK) -> None:
    async def gone() -> bool:
        return set(shown(post, who)) == {text} and not await standing(post, who)

    await until(gone)


async def standing(post: Post, who: int) -> int:
    """Messages that our books still know of."""
    return await post.connection.fetchval(
        "SELECT (SELECT count(*) FROM botzilla.telegram_answer WHERE chat_id = $1)"
        " + (SELECT count(*) FROM botzilla.alert WHERE chat_id = $1 AND cleared_at IS NULL)",
        who,
    )


@pytest.mark.parametrize("way", ["another leader", "gone", "unlinked", "left"])
async def test_the_card_of_who_led_the_job(town, post, way):
    await town.job(7, PIP, assignedCrew=[7])
    await decided(town)
    await answered(post, 102, "7")
    await looked_at_all(post)
    assert shown(post, 102) == [CARD]
    if way == "another leader":
        await town.job(7, PIP, assignedCrew=[8])
    elif way == "gone":
        await town.state("jobs", 7, "gone")
    change = {"unlinked": "telegram_id = NULL", "left": "status = 'inactive'"}.get(way)
    if change:
        await town.connection.execute(
            f"UPDATE botzilla.employee SET {change} WHERE attic_tech_user_id = 7"
        )
    await decided(town)
    await taken_back(post, 102)


async def test_a_list_goes_with_the_first_job_in_it_that_is_lost_and_others_stay(town, post):
    for number in (7, 8):
        await town.job(number, PIP, assignedCrew=[7])
    await decided(town)
    await answered(post, 102, "7", "8")
    other = await answered(post, 102, "8")
    await town.job(7, PIP, assignedCrew=[8])
    await decided(town)

    async def first_is_gone() -> bool:
        return shown(post, 102) == [BACK, CARD] and await standing(post, 102) == 1

    await until(first_is_gone)
    assert (
        await post.connection.fetchval("SELECT message_id FROM botzilla.telegram_answer") == other
    )


async def test_a_sold_estimates_card_stays_when_it_becomes_a_job(town, post):
    await town.estimate(107)
    await decided(town)
    await answered(post, 101, "E107")
    await town.job(7, RCL)
    await decided(town)
    await looked_at_all(post)
    assert shown(post, 101) == [CARD]


async def test_the_alerts_of_a_manager_who_lost_the_branch_and_of_no_other(town, post):
    await another_manager(town)
    await town.job(7, RCL)
    await town.decide()
    await post.settled()
    [before] = shown(post, 101)
    assert "12 Elm St" in before
    await town.connection.execute(NO_BRANCH)
    await taken_back(post, 101)
    assert "12 Elm St" in shown(post, 103)[0]
    assert post.telegram.phone(101).received[0].markup is None


async def test_rights_that_are_only_rewritten_beside_us_take_nothing_back(town, post):
    post.sender._clearing.doubt = 3600.0
    await another_manager(town)
    await town.job(7, RCL)
    await town.decide()
    await post.settled()
    [(user, branch)] = await town.connection.fetch(f"{NO_BRANCH} RETURNING user_id, branch_id")
    doubted = post.sender._clearing._doubted

    async def doubts() -> bool:
        return bool(doubted)

    await until(doubts)
    await town.connection.execute(
        "INSERT INTO botzilla.user_branch (user_id, branch_id) VALUES ($1, $2)", user, branch
    )

    async def believes_again() -> bool:
        return not doubted

    await until(believes_again)
    assert "12 Elm St" in shown(post, 101)[0]
    assert post.telegram.calls(EDIT) == []


async def test_an_address_changed_beside_us_keeps_what_it_gets_before_the_next_run(town, post):
    await town.job(7, PIP, assignedCrew=[7])
    await town.decide()
    await post.settled()
    post.phone(112)
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = '112' WHERE attic_tech_user_id = 7"
    )
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'pending', telegram_id = '112', chat_id = NULL,"
        " message_id = NULL, delivered_at = NULL"
    )
    await post.settled()
    await looked_at_all(post)
    assert "12 Elm St" in shown(post, 112)[0]


async def test_all_that_somebody_lost_is_doubted_together(town, post):
    """Not ten by ten, each ten for as long again."""
    post.sender._clearing.doubt = 3600.0
    await another_manager(town)
    await town.job(7, RCL)
    await decided(town)
    for _ in range(12):
        await answered(post, 101, "7")
    await town.connection.execute(NO_BRANCH)
    doubted = post.sender._clearing._doubted

    async def all_are() -> bool:
        return len(doubted) == 12

    await until(all_are)
    post.sender._clearing.doubt = 0.0
    await taken_back(post, 101)
    assert not doubted


async def test_who_cannot_be_told_apart_just_now_keeps_what_he_has(town, post):
    await town.job(7, PIP, assignedCrew=[7])
    await decided(town)
    await answered(post, 102, "7")
    await town.company.employee("Chris Jordan", telegram_id=" 102 ")  # two people, one number
    await looked_at_all(post)
    assert shown(post, 102) == [CARD]


async def test_it_is_said_in_his_language(town, post):
    await town.job(7, PIP, assignedCrew=[8])
    await decided(town)
    await town.connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, language) VALUES (102, 'es')"
    )
    await answered(post, 102, "7")
    said = Words("es", WORDS.zone).say(BACK)
    assert said != BACK
    await taken_back(post, 102, said)


async def test_every_chat_has_its_turn_however_many_there_are(town, post):
    await town.job(7, PIP, assignedCrew=[8])
    await decided(town)
    strangers = range(500, 525)
    for id in strangers:
        post.phone(id)
        await answered(post, id, "7")
    for id in strangers:
        await taken_back(post, id)


def test_the_doubt_outlasts_what_others_write_in_one_go() -> None:
    assert HASTE.doubt == 0
    assert type(HASTE)().doubt >= 60
