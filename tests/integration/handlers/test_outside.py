"""Groups, forged and foreign buttons, failures: a short answer and no effect."""

import pytest
import structlog.testing
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage

from bot.access import View
from bot.handlers import COMMANDS
from bot.views.buttons import JobButton, JobsButton
from tests.integration.handlers.conftest import GROUP, NOW, private, user

LEADER, STRANGER = 102, 55
OUT_OF_DATE = "This button is out of date. Send the command again."
NOT_YOURS = "This button is not for you."


@pytest.fixture
async def leader(company, jobs):
    chris = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await jobs.attic_user(70, chris.employee)
    await jobs.add(7, leader=70)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
async def test_in_a_group_nothing_private_is_answered(phones, leader, command):
    heard = await phones.says(LEADER, f"/{command} 7", chat=GROUP)
    assert heard.text == "I answer only in a private chat: @jobs_bot"
    assert len(heard.calls) == 1


@pytest.mark.parametrize("text", ["/MYJOBS", "/Whoami", "/Job 7", "/START", "/MyJobs@Jobs_Bot"])
async def test_a_command_is_understood_however_a_phone_spells_it(phones, leader, text):
    heard = await phones.says(LEADER, text)
    assert not heard.text.startswith("I did not understand")


@pytest.mark.parametrize("text", ["hello", "/other", "/myjobs@other_bot", "7"])
async def test_in_a_group_what_is_not_for_us_is_not_answered(phones, leader, text):
    assert (await phones.says(LEADER, text, chat=GROUP)).calls == []


async def test_a_group_that_moves_is_no_matter(phones, leader):
    message = {
        "message_id": 1,
        "date": int(NOW.timestamp()),
        "chat": GROUP,
        "from": user(LEADER),
        "migrate_to_chat_id": -1001,
    }
    assert (await phones.feed(message=message)).calls == []
    joined = {
        "chat": GROUP,
        "from": user(LEADER),
        "date": int(NOW.timestamp()),
        "old_chat_member": {"status": "left", "user": user(1)},
        "new_chat_member": {"status": "member", "user": user(1)},
    }
    assert (await phones.feed(my_chat_member=joined)).calls == []


@pytest.mark.parametrize("chat", [GROUP, private(103)])
@pytest.mark.parametrize("button", [JobsButton(view=View.LEADER), JobButton(number="7"), None])
async def test_a_foreign_tap_is_refused(phones, leader, chat, button):
    heard = await phones.taps(LEADER, button.pack() if button else "old", chat=chat)
    assert heard.answers == [NOT_YOURS]
    assert len(heard.calls) == 1


@pytest.mark.parametrize(
    "data",
    [
        *("", "x", "jobs", "jobs:", "jobs:z:0:0:0:", "jobs:l:11:0:0:"),
        *("jobs:l:-1:0:0:", "jobs:l:0:0:99999:", "jobs:l:0:99999999999:0:", "jobs:l:0:0:0:x"),
        *("jobs:l:0:0:0:s:s", "job:7;DROP:l:0:0:0", "job:0:l:0:0:0", "job:é:l:0:0:0"),
        *("job:99999999999:l:0:0:0", "job:７:l:0:0:0", "JOBS:l:0:0:0:"),
    ],
)
async def test_forged_and_old_buttons_get_a_short_answer(phones, leader, data):
    heard = await phones.taps(LEADER, data)
    assert heard.answers == [OUT_OF_DATE]
    assert len(heard.calls) == 1


async def test_a_number_beyond_all_numbers_is_no_job(phones, leader):
    heard = await phones.taps(LEADER, JobButton(number="9999999999", view=View.LEADER).pack())
    assert heard.answers == ["There is no job 9999999999 that you can see."]


async def test_a_stranger_taps_in_vain(phones, leader):
    for button in (JobsButton(view=View.LEADER), JobButton(number="7")):
        heard = await phones.taps(STRANGER, button.pack())
        assert (heard.answers, len(heard.calls)) == ([NOT_YOURS], 1)


async def test_who_left_taps_in_vain(phones, leader, connection):
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    heard = await phones.taps(LEADER, JobButton(number="7").pack())
    assert (heard.answers, len(heard.calls)) == ([NOT_YOURS], 1)


async def test_a_double_tap_is_answered_twice_and_changes_nothing(phones, leader):
    button = JobButton(number="7").pack()
    await phones.taps(LEADER, button)
    phones.session.fails.append(
        TelegramBadRequest(EditMessageText, "Bad Request: message is not modified: same text")
    )
    assert (await phones.taps(LEADER, button)).answers == [None]


async def test_a_message_that_cannot_be_edited_any_more_says_so(phones, leader):
    phones.session.fails.append(
        TelegramBadRequest(EditMessageText, "Bad Request: message can't be edited")
    )
    assert (await phones.taps(LEADER, JobButton(number="7").pack())).answers == [OUT_OF_DATE]


async def test_a_message_that_telegram_no_longer_shows_us_is_out_of_date(phones, leader):
    tap = {
        "id": "1",
        "from": user(LEADER),
        "chat_instance": "1",
        "message": {"message_id": 1, "date": 0, "chat": private(LEADER)},
        "data": JobButton(number="7").pack(),
    }
    assert (await phones.feed(callback_query=tap)).answers == [OUT_OF_DATE]


async def test_a_tap_that_is_too_old_to_be_answered_has_its_effect(phones, leader):
    phones.session.fails.append(
        TelegramBadRequest(AnswerCallbackQuery, "Bad Request: query is too old")
    )
    heard = await phones.taps(LEADER, JobButton(number="7").pack())
    assert heard.text.startswith("Job Number7")


async def test_trouble_that_passes_is_left_to_who_hands_us_the_update(phones, leader):
    busy = (
        TelegramRetryAfter(SendMessage, "Too Many", retry_after=1),
        TelegramRetryAfter(EditMessageText, "Too Many", retry_after=1),
    )
    phones.session.fails += busy
    with pytest.raises(TelegramRetryAfter):
        await phones.says(LEADER, "/job 7")
    with pytest.raises(TelegramRetryAfter):
        await phones.taps(LEADER, JobButton(number="7").pack())
    assert isinstance(phones.session.calls[-1], AnswerCallbackQuery)
    assert (await phones.says(LEADER, "/job 7")).text.startswith("Job Number7")


async def test_what_fails_here_is_logged_with_its_cause_and_told_in_a_sentence(
    phones, leader, connection
):
    await connection.execute("ALTER TABLE botzilla.job_sync RENAME COLUMN known TO lost")
    with structlog.testing.capture_logs() as logs:
        said = await phones.says(LEADER, "/job 7")
        tapped = await phones.taps(LEADER, JobButton(number="7").pack())
    assert said.text == "Something went wrong here. Try again in a minute."
    assert tapped.answers == [said.text]
    assert [(log["event"], log["exc_info"]) for log in logs] == [("handler_failed", True)] * 2


@pytest.mark.parametrize(
    "data",
    ["mend:", "mend:x:y:z", "mend:7:7:q", "ask:9999999999999999999999:c", "ask:1:c:-5", "ask"],
)
async def test_a_reply_to_a_forged_keyboard_is_a_text_like_any_other(phones, company, data):
    """Whatever stands below the message replied to: it may be anybody's, and raised a traceback."""
    await company.manager(telegram_id="101")
    forged = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}
    with structlog.testing.capture_logs() as logs:
        heard = await phones.replies(101, 5, "kit", forged)
    assert heard.text == "I did not understand that. /help shows what you can ask me."
    assert [log for log in logs if log.get("exc_info")] == []


async def test_a_private_message_of_nobody_is_answered_to_nobody(phones):
    message = {"message_id": 1, "date": 0, "chat": {"id": 101, "type": "private"}, "text": "hello"}
    with structlog.testing.capture_logs() as logs:
        assert (await phones.feed(message=message)).calls == []
    assert logs == []
