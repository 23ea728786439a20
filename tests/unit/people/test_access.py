"""The table of rights is complete: what people can use, see or call has its line, and no line is
about nothing. That the program obeys it is tested by the matrix in tests/integration/access.
"""

from collections.abc import Iterator
from typing import get_type_hints

import pytest
from aiogram import Dispatcher, Router
from aiogram.filters.callback_data import CallbackData

from bot import access
from bot.handlers import COMMANDS, dispatcher, frame
from bot.handlers.frame import Permitted
from bot.health import Health
from bot.http import application
from bot.people.identity import Identity, Role
from sync.model.alerts import RecipientType
from sync.model.facts import JobFacts
from tests.integration.handlers.conftest import WORDS

#: Routers without a line, since all that they do is to refuse, or to note that somebody blocks us.
REFUSING, NOTING = {"groups", "rest"}, {"blocking"}


@pytest.fixture
def root() -> Dispatcher:
    return dispatcher(None, (), WORDS)


def routers(root: Router) -> Iterator[Router]:
    for router in root.sub_routers:
        yield router
        yield from routers(router)


def prefixes() -> set[str]:
    return {kind.__prefix__ for kind in frame.buttons()}


def test_every_command_has_its_line_and_no_line_is_about_nothing():
    assert set(access.COMMANDS) == {command.name for command in COMMANDS}


def test_every_button_has_its_line_and_no_line_is_about_nothing(root):
    assert set(access.BUTTONS) == prefixes()


def test_every_field_of_a_job_has_its_line_and_no_line_is_about_nothing():
    assert set(access.FIELDS) == set(get_type_hints(JobFacts))


def test_every_route_has_its_line_and_no_line_is_about_nothing():
    app = application(Health(), None)
    routes = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.method != "HEAD"
    }
    assert set(access.ROUTES) == routes


def test_every_view_and_every_reader_of_alerts_has_its_line():
    assert set(access.VIEWS) == set(access.View)
    assert set(access.READERS) == set(RecipientType)


def test_every_handler_of_messages_and_taps_asks_the_table(root):
    """Directly, or as all handlers of its router do."""
    for router in routers(root):
        for observer in (router.message, router.callback_query):
            filters = [filter.callback for filter in observer._handler.filters or ()]
            asks = any(isinstance(filter, Permitted) for filter in filters)
            assert asks or router.name in REFUSING or not observer.handlers, router.name


def test_nothing_but_messages_taps_and_blocking_is_handled(root):
    for router in routers(root):
        heard = {name for name, observer in router.observers.items() if observer.handlers}
        known = {"my_chat_member"} if router.name in NOTING else {"message", "callback_query"}
        assert heard <= known, router.name
    assert not root.message.handlers
    assert not root.callback_query.handlers


def test_a_command_without_its_line_stops_the_start(monkeypatch):
    monkeypatch.setattr(
        access, "COMMANDS", {name: who for name, who in access.COMMANDS.items() if name != "job"}
    )
    with pytest.raises(access.LineMissing, match=r"who may use: command 'job'\.$"):
        dispatcher(None, (), WORDS)


def test_a_button_without_its_line_stops_the_start(monkeypatch):
    # As if it stood in one of our modules; the class itself may outlive the test.
    kind = type("NewButton", (CallbackData,), {"__module__": "bot.new"}, prefix="new")
    try:
        with pytest.raises(access.LineMissing, match=r"who may use: button 'new'\.$"):
            dispatcher(None, (), WORDS)
    finally:
        kind.__module__ = "tests.gone"


def test_a_route_that_is_not_open_to_all_is_never_served_to_all(monkeypatch):
    routes = access.ROUTES | {("GET", "/healthz"): access.Caller.HOOK}
    monkeypatch.setattr("bot.http.ROUTES", routes)
    with pytest.raises(access.LineMissing, match="HOOK_SECRET"):
        application(Health(), None)
    monkeypatch.setattr("bot.http.ROUTES", {})
    with pytest.raises(access.LineMissing, match="/healthz"):
        application(Health(), None)


@pytest.mark.parametrize("data", [None, "", ":", "jobs2:l", " job:7", "JOB:7", "job\n:7", "x" * 64])
def test_what_is_no_button_of_ours_is_nobodys(data):
    everything = Identity(1, roles=frozenset(Role))
    assert access.may_tap(everything, "job:7")
    assert not access.may_tap(everything, data)


def test_the_crew_sees_no_price_and_nobody_sees_what_has_no_line():
    facts = {"name": "Elm", "phone": "1", "final_price": 7, "email": "a@b", "secret": 1}
    crew = {Role.CREW_LEADER, Role.CREW_MEMBER}
    assert access.shown(facts, crew) == {"name": "Elm", "phone": "1"}
    for role in set(Role) - crew:
        assert access.shown(facts, {role}) == {"name": "Elm", "phone": "1", "final_price": 7}
    assert access.shown(facts, ()) == {}


def test_without_a_role_one_is_nobody_of_the_staff():
    stranger = Identity(1)
    assert {name for name in access.COMMANDS if access.may_say(stranger, name)} == {
        *("start", "help", "whoami", "link")
    }
    assert access.views_of(stranger) == ()
    assert not access.may(stranger, access.STAFF)
    assert not access.may(stranger, access.NOBODY)
