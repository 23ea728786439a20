"""`/start`, `/help`, `/whoami`, and what strangers learn."""

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import SetMyCommands

from bot.handlers import COMMANDS

STRANGER = 55


async def test_a_stranger_learns_how_to_be_linked_and_nothing_else(phones):
    said = {(await phones.says(STRANGER, text)).text for text in ("/start", "/help")}
    said |= {
        (await phones.says(STRANGER, f"/{command.name} 7")).text
        for command in COMMANDS
        if command.name not in ("link", "start")
    }
    said |= {(await phones.says(STRANGER, "hello")).text}
    unknown = (
        "I do not know you yet.\n"
        "➡️ Send /link and share your phone number, or ask your operations manager for an invite.\n"
        "Your Telegram number is 55."
    )
    assert said == {unknown}


async def test_a_leaver_is_told_only_how_he_comes_back(phones, company):
    await company.leader("Chris Jordan", telegram_id="55", status="inactive")
    for text in ("/start", "/myjobs"):
        assert (await phones.says(STRANGER, text, language="es-MX")).text == (
            "Esta cuenta de Telegram es de alguien que no está activo aquí.\n"
            "➡️ Si trabajas aquí, pídele a tu gerente de operaciones que te invite.\n"
            "Tu número de Telegram es 55."
        )


async def test_somebody_pending_is_told_that_he_waits(phones, company):
    await company.leader("Chris Jordan", telegram_id="102", status="pending")
    heard = await phones.says(102, "/start", language="es-MX")
    assert heard.text == "Ya estás registrado; falta que tu gerente de operaciones te apruebe."


async def test_somebody_known_is_greeted_and_gets_his_menu(phones, company):
    await company.leader("Chris Jordan", telegram_id="102")
    heard = await phones.says(102, "/start")
    assert heard.text == (
        "Hi Chris Jordan!\n"
        "You will hear when a job becomes yours and when it moves.\n\n"
        "What you can ask me:\n"
        "/start — Begin, and renew the menu\n"
        "/help — What you can ask me\n"
        "/whoami — Who you are to me\n"
        "/link — Link your Telegram account\n"
        "/myjobs — Your jobs\n"
        "/job — One job, by number or name\n"
        "/status — How things stand"
    )
    (menu,) = heard.menus
    assert (menu.scope.chat_id, [c.command for c in menu.commands]) == (
        102,
        ["start", "help", "whoami", "link", "myjobs", "job", "status"],
    )


async def test_the_language_is_that_of_his_telegram_from_start_on(phones, company, connection):
    await company.leader("Chris Jordan", telegram_id="102")
    assert (await phones.says(102, "/help", language="es")).text.startswith("What you can")
    assert (await phones.says(102, "/start", language="es")).text.startswith("¡Hola, Chris Jordan!")
    assert (await phones.says(102, "/help")).text.startswith("Qué puedes pedirme")
    await phones.says(102, "/start", language="pt-BR")
    assert (await phones.says(102, "/help")).text.startswith("Qué puedes pedirme")
    await phones.says(102, "/start", language="en")
    assert (await phones.says(102, "/help", language="es")).text.startswith("What you can")


async def test_a_language_that_he_chose_stays(phones, company, connection):
    await company.leader("Chris Jordan", telegram_id="102")
    await phones.says(102, "/start", language="es")
    await connection.execute(
        "INSERT INTO botzilla.telegram_preference (telegram_id, key, value)"
        """ VALUES (102, 'language', '"es"')"""
    )
    assert (await phones.says(102, "/start", language="en")).text.startswith("¡Hola")


async def test_a_menu_that_telegram_refuses_costs_no_answer(phones, company):
    await company.leader("Chris Jordan", telegram_id="102")
    phones.session.fails.append(TelegramBadRequest(SetMyCommands, "Bad Request: no"))
    heard = await phones.says(102, "/help")
    assert len(heard.sent) == len(heard.menus) == 1
    assert not phones.session.fails


async def test_whoami_shows_roles_branches_and_rows(phones, company, jobs):
    orange = await company.branch("Orange ")
    chris = await company.leader("Chris Jordan", telegram_id="102", branch=orange)
    ada = await company.manager(branch=orange, telegram_id="102")
    await jobs.attic_user(70, chris.employee)
    assert (await phones.says(102, "/whoami")).text == (
        "Chris Jordan\n"
        "Roles: operation manager, crew leader\n"
        "Branches: Orange\n"
        "Telegram number: 102\n"
        f"In BotZilla: employee {chris.employee}, crew_member {chris.crew_member}, user {ada},"
        " Attic Tech user 70"
    )


async def test_somebody_without_a_role_is_told_so(phones, company):
    await company.employee("Pat Doe", telegram_id="102", role="corporate")
    heard = await phones.says(102, "/myjobs")
    assert heard.text == "You are linked, but have no role here yet. Ask your operation manager."


@pytest.mark.parametrize("text", ["hello", "/nothing", "7"])
async def test_what_is_no_command_gets_a_hint(phones, company, text):
    await company.leader("Chris Jordan", telegram_id="102")
    heard = await phones.says(102, text)
    assert heard.text == "I did not understand that. /help shows what you can ask me."
