"""What opens Attic Tech and for how long: tokens, sessions, API keys."""

import asyncio
import base64
import time

import pytest

from tests.contract.accounts import Start, new_account, status, wait_until
from tests.contract.peers import Answer, Peer
from tests.contract.servers import OPS_EMAIL, OPS_PASSWORD, Variant

FORBIDDEN = {"errors": [{"message": "You are not allowed to perform this action."}]}


@pytest.mark.parametrize(
    "authorization", ["", "JWT nonsense", "JWT a.b.c", "users API-Key wrong", "Basic eDp5"]
)
async def test_without_a_good_token_everything_is_403(peer: Peer, authorization: str) -> None:
    for path in ("/jobs", "/jobs/1", "/jobs/99999999", "/jobs/count"):
        answer = await peer.get(path, auth=authorization)
        assert (answer.status, answer.json) == (403, FORBIDDEN)


@pytest.mark.parametrize(
    ("scheme", "expected"), [("JWT", 200), ("Bearer", 200), ("jwt", 403), ("bearer", 403)]
)
async def test_the_case_of_the_scheme_matters(peer: Peer, scheme: str, expected: int) -> None:
    token = (await peer.login()).json["token"]
    answer = await peer.get("/jobs?limit=1&depth=0", auth=f"{scheme} {token}")
    assert answer.status == expected


async def test_an_api_key_needs_no_login_and_the_case_of_its_scheme_matters(peer: Peer) -> None:
    assert (await peer.get("/jobs?limit=1&depth=0")).status == 200
    shouted = await peer.get("/jobs?limit=1&depth=0", auth=peer.key.replace("users", "Users"))
    assert shouted.status == 403


async def test_a_tampered_token_is_403(peer: Peer) -> None:
    head, _, signature = (await peer.login()).json["token"].split(".")
    claims = base64.urlsafe_b64encode(b'{"id":1,"collection":"users"}').decode().rstrip("=")
    assert await status(peer, f"{head}.{claims}.{signature}") == 403


async def test_a_token_works_to_its_end_and_no_longer(start_peer: Start) -> None:
    peer = await start_peer(Variant(token_life=4))
    answer = await peer.login()
    token, ends = answer.json["token"], answer.json["exp"]
    worked: list[float] = []

    async def ended() -> bool:
        asked = time.time()
        if await status(peer, token) == 200:
            worked.append(asked)
            return False
        return True

    await wait_until(ended)
    assert time.time() >= ends
    assert worked[-1] < ends + 0.2


async def test_two_separate_logins_both_work(peer: Peer) -> None:
    tokens = [(await peer.login()).json["token"] for _ in range(2)]
    assert [await status(peer, token) for token in tokens] == [200, 200]


async def test_of_logins_at_the_same_time_only_one_token_works_although_all_answer_200(
    peer: Peer,
) -> None:
    _, email = await new_account(peer)
    async with asyncio.TaskGroup() as group:
        logins = [group.create_task(peer.login(email, "secret")) for _ in range(5)]
    answers: list[Answer] = [login.result() for login in logins]
    assert [answer.status for answer in answers] == [200] * 5
    worked = [await status(peer, answer.json["token"]) for answer in answers]
    assert worked.count(200) < 5


async def test_a_refresh_gives_another_name_to_the_token_and_leaves_the_old_one_good(
    peer: Peer,
) -> None:
    old = (await peer.login()).json
    answer = await peer.call("POST", "/users/refresh-token", auth=f"JWT {old['token']}")
    assert answer.status == 200
    assert answer.json["message"] == "Token refresh successful."
    assert (answer.json["setCookie"], answer.json["strategy"]) == (True, "local-jwt")
    assert answer.json["exp"] >= old["exp"]
    assert "token" not in answer.json
    assert await status(peer, answer.json["refreshedToken"]) == 200
    assert await status(peer, old["token"]) == 200


async def test_refreshing_goes_on_past_the_first_end(start_peer: Start) -> None:
    peer = await start_peer(Variant(token_life=4))
    first = (await peer.login()).json
    token = first["token"]
    while time.time() < first["exp"] + 1:
        answer = await peer.call("POST", "/users/refresh-token", auth=f"JWT {token}")
        assert answer.status == 200
        token = answer.json["refreshedToken"]
        await asyncio.sleep(0.5)
    assert await status(peer, token) == 200
    assert await status(peer, first["token"]) == 403


async def test_a_refresh_without_a_token_or_with_an_api_key_is_403(peer: Peer) -> None:
    for auth in ("", "JWT nonsense", peer.key):
        answer = await peer.call("POST", "/users/refresh-token", auth=auth)
        assert (answer.status, answer.json) == (403, FORBIDDEN)


async def test_me_is_200_for_everybody(peer: Peer) -> None:
    token = (await peer.login()).json["token"]
    mine = await peer.get("/users/me", auth=f"JWT {token}")
    assert (mine.status, mine.json["user"]["email"]) == (200, "bot@attic.example")
    assert {"exp", "token", "strategy", "collection", "message"} < {*mine.json}
    stranger = await peer.get("/users/me", auth="")
    assert (stranger.status, stranger.json) == (200, {"user": None, "message": "Account"})


async def test_a_logout_ends_this_session_only(peer: Peer) -> None:
    one, other = [(await peer.login()).json["token"] for _ in range(2)]
    answer = await peer.call("POST", "/users/logout", auth=f"JWT {one}")
    assert (answer.status, answer.json) == (200, {"message": "Logout successful."})
    assert (await status(peer, one), await status(peer, other)) == (403, 200)
    nobody = await peer.call("POST", "/users/logout", auth="")
    assert (nobody.status, nobody.json) == (400, {"errors": [{"message": "No User"}]})


async def test_a_new_password_and_the_end_of_the_user_end_his_tokens(peer: Peer) -> None:
    id_, email = await new_account(peer)
    token = (await peer.login(email, "secret")).json["token"]
    await peer.patch("users", id_, password="another")
    assert await status(peer, token) == 403
    token = (await peer.login(email, "another")).json["token"]
    await peer.call("DELETE", f"/users/{id_}")
    assert await status(peer, token) == 403


async def test_a_token_outlives_a_restart_of_the_server(start_peer: Start) -> None:
    peer = await start_peer()
    token = (await peer.login(OPS_EMAIL, OPS_PASSWORD)).json["token"]
    await peer.server.restart()
    assert await status(peer, token) == 200


async def test_a_patch_of_a_user_during_his_login_is_undone(peer: Peer) -> None:
    id_, email = await new_account(peer)

    async def blocked_after_a_login() -> bool:
        async with asyncio.TaskGroup() as group:
            login = group.create_task(peer.login(email, "secret"))
            await asyncio.sleep(0.02)
            await peer.patch("users", id_, isBlocked=True)
        assert login.result().status == 200
        blocked = (await peer.document("users", id_))["isBlocked"]
        await peer.patch("users", id_, isBlocked=False)
        return blocked

    undone = [not await blocked_after_a_login() for _ in range(5)]
    assert any(undone)
