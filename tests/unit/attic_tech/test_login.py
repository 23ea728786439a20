"""Sessions: one login at a time, renewed in time, and a refused credential left alone."""

import asyncio
from collections import deque

import pytest

from sync.attic_tech.errors import (
    AtticTechBroken,
    AtticTechError,
    AtticTechRefused,
    AtticTechUnavailable,
)
from sync.attic_tech.login import ApiKey, KeySigner, Password, TokenSigner, fingerprint
from sync.attic_tech.protocol import Request, Response
from tests.unit.attic_tech.stand_ins import (
    INCORRECT,
    LOCKED,
    NOT_ALLOWED,
    NOW,
    WENT_WRONG,
    OpenGate,
    answer,
    logged_in,
)

URL = "https://attic.example/api"
BOT = Password("bot@attic.example", "secret")


class Talk:
    """A signer, the answers that it will get, the requests that it sent, and the time it is."""

    def __init__(self, *answers: Response | AtticTechError, credential: Password = BOT) -> None:
        self.answers = deque(answers)
        self.sent: list[tuple[str, str | None]] = []
        self.now = 1000.0
        self.gate = OpenGate()
        self.signer = self.another(credential)

    def another(self, credential: Password = BOT) -> TokenSigner:
        """A signer in another process, which shares gate and memory."""
        return TokenSigner(credential, URL, self.gate, self._send, lambda: self.now)

    async def _send(self, request: Request, header: str | None) -> Response:
        assert self.gate.lock.locked(), "nobody talks about sessions outside the gate"
        self.sent.append((request.path, header))
        said = self.answers.popleft()
        if isinstance(said, AtticTechError):
            raise said
        return said


def login(token: str = "a", lasts: int = 1001) -> Response:
    """A good login whose token we count as lasting a second less."""
    return answer(200, logged_in(token, lasts=lasts))


def renewal(token: str, lasts: int = 1001) -> Response:
    """A good renewal."""
    return answer(200, {"refreshedToken": token, "exp": round(NOW.timestamp()) + lasts})


async def test_the_first_request_logs_in_and_the_next_ones_use_its_token():
    talk = Talk(login("a"))
    assert [await talk.signer.header() for _ in range(3)] == ["JWT a"] * 3
    assert talk.sent == [("/users/login", None)]


async def test_a_token_is_renewed_before_it_ends():
    talk = Talk(login("a"), renewal("b"))
    await talk.signer.header()
    talk.now += 939
    assert await talk.signer.header() == "JWT a"
    talk.now += 1
    assert await talk.signer.header() == "JWT b"
    assert talk.sent[1:] == [("/users/refresh-token", "JWT a")]


async def test_a_short_token_is_renewed_when_a_tenth_of_it_is_left():
    talk = Talk(login("a", lasts=11), renewal("b"))
    await talk.signer.header()
    talk.now += 8.9
    assert await talk.signer.header() == "JWT a"
    talk.now += 0.1
    assert await talk.signer.header() == "JWT b"


async def test_a_session_that_cannot_be_renewed_is_opened_anew():
    talk = Talk(login("a"), answer(403, NOT_ALLOWED), login("b"))
    await talk.signer.header()
    talk.now += 2000
    assert await talk.signer.header() == "JWT b"
    assert [path for path, _ in talk.sent] == [
        "/users/login",
        "/users/refresh-token",
        "/users/login",
    ]


async def test_a_failed_renewal_is_no_reason_to_stop_while_the_token_is_good():
    talk = Talk(login("a"), answer(503, WENT_WRONG), renewal("b"))
    await talk.signer.header()
    talk.now += 945
    assert await talk.signer.header() == "JWT a"
    talk.now += 29
    assert await talk.signer.header() == "JWT a"
    talk.now += 1
    assert await talk.signer.header() == "JWT b"


async def test_a_token_whose_end_is_unknown_is_used_until_it_is_refused():
    talk = Talk(answer(200, logged_in("a") | {"exp": None}), login("b"))
    await talk.signer.header()
    talk.now += 10**6
    assert await talk.signer.header() == "JWT a"
    assert await talk.signer.renewed() == "JWT b"


@pytest.mark.parametrize(("body", "cause"), [(INCORRECT, "credentials"), (LOCKED, "locked")])
async def test_a_refused_credential_is_tried_once_by_all_processes_together(
    body: object, cause: str
):
    talk = Talk(answer(401, body))
    for signer in (talk.signer, talk.signer, talk.another()):
        with pytest.raises(AtticTechRefused) as caught:
            await signer.header()
        assert caught.value.cause == cause
    assert len(talk.sent) == 1


async def test_another_password_or_account_is_tried_at_once():
    talk = Talk(answer(401, INCORRECT), login("b"), login("c"))
    with pytest.raises(AtticTechRefused):
        await talk.signer.header()
    assert await talk.another(Password(BOT.email, "corrected")).header() == "JWT b"
    assert await talk.another(Password("other@attic.example", "secret")).header() == "JWT c"


async def test_a_good_login_is_forgiven_what_was_refused_before():
    talk = Talk(login("a"))
    await talk.signer.header()
    assert talk.gate.memory.accepted == [fingerprint(BOT, URL)]


@pytest.mark.parametrize(
    "said",
    [answer(503, WENT_WRONG), answer(403, b"<html>"), answer(200, b"<html>"), answer(400, {})],
)
async def test_what_says_nothing_about_the_credential_is_not_remembered(said: Response):
    talk = Talk(said, login("a"))
    with pytest.raises(AtticTechError):
        await talk.signer.header()
    assert talk.gate.memory == {}
    assert await talk.signer.header() == "JWT a"


async def test_a_login_whose_answer_was_lost_is_not_repeated_at_once():
    talk = Talk(AtticTechUnavailable("cut off", "broke_off"), answer(503, WENT_WRONG))
    with pytest.raises(AtticTechUnavailable) as lost:
        await talk.signer.header()
    assert lost.value.again is False
    with pytest.raises(AtticTechUnavailable) as busy:
        await talk.signer.header()
    assert busy.value.again is True


async def test_logins_of_two_processes_wait_for_each_other():
    talk = Talk(login("a"), login("b"))
    async with asyncio.TaskGroup() as tasks:
        one = tasks.create_task(talk.signer.header())
        two = tasks.create_task(talk.another().header())
    assert {one.result(), two.result()} == {"JWT a", "JWT b"}
    assert talk.gate.passed == 2


async def test_an_account_that_was_locked_by_others_goes_on_with_its_session():
    talk = Talk(login("a"), renewal("b"))
    await talk.signer.header()
    talk.gate.memory[fingerprint(BOT, URL)] = "locked"
    talk.now += 950
    assert await talk.signer.header() == "JWT b"


async def test_a_session_that_ended_at_once_is_the_mark_of_another_login():
    error = Talk().signer.unknown()
    assert isinstance(error, AtticTechUnavailable)
    assert error.again is True


async def test_a_key_signs_everything_and_is_never_exchanged():
    signer = KeySigner(ApiKey(" k-1\n"), "users")
    assert await signer.header() == await signer.renewed() == "users API-Key k-1"
    assert (type(signer.unknown()), signer.unknown().cause) == (AtticTechRefused, "api_key")


def test_a_fingerprint_knows_the_account_as_attic_tech_does_and_gives_nothing_away():
    mark = fingerprint(BOT, URL)
    assert mark == fingerprint(Password(" BOT@attic.example ", "secret"), f"{URL}/")
    assert "secret" not in mark
    assert (
        len({mark, fingerprint(BOT, "https://b"), fingerprint(Password(BOT.email, "s"), URL)}) == 3
    )


@pytest.mark.parametrize(
    "credential", [Password("bot@attic.example", "hunter2"), ApiKey("hunter2")]
)
def test_a_secret_shows_in_no_representation(credential: Password | ApiKey):
    assert "hunter2" not in repr(credential)


async def test_a_login_that_brings_no_token_leaves_none_behind():
    talk = Talk(answer(200, {"token": ""}), login("a"))
    with pytest.raises(AtticTechBroken):
        await talk.signer.header()
    assert await talk.signer.header() == "JWT a"
