"""How Attic Tech signs people in: tokens, sessions, API keys, the lock-out, and refusals."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from tests.contract.peers import OPS_EMAIL, OPS_PASSWORD, Answer, Peer, Variant

Start = Callable[..., Awaitable[Peer]]

FORBIDDEN = {"errors": [{"message": "You are not allowed to perform this action."}]}
INCORRECT = {"errors": [{"message": "The email or password provided is incorrect."}]}
LOCKED = {
    "errors": [{"message": "This user is locked due to having too many failed login attempts."}]
}


async def status(peer: Peer, token: str) -> int:
    return (await peer.get("/jobs?limit=1&depth=0", auth=f"JWT {token}")).status


async def new_account(peer: Peer) -> tuple[int, str]:
    """The id and address of a user of the test's own; his password is `secret`."""
    email = f"user.{uuid4().hex[:12]}@attic.example"
    return await peer.create("users", email=email, password="secret", name="Someone"), email


async def wait_until(condition: Callable[[], Awaitable[bool]], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.05)


async def test_a_login_answers_with_a_token_and_the_second_it_ends(peer: Peer) -> None:
    before = int(time.time())
    answer = await peer.login()
    assert answer.status == 200
    assert answer.json["message"] == "Authentication Passed"
    assert before + 7199 <= answer.json["exp"] <= time.time() + 7200
    claims = json.loads(base64.urlsafe_b64decode(answer.json["token"].split(".")[1] + "=="))
    assert {*claims} == {"id", "collection", "email", "sid", "iat", "exp"}
    assert claims["exp"] == answer.json["exp"]
    assert await status(peer, answer.json["token"]) == 200


async def test_the_user_of_a_login_is_populated_and_his_stamp_is_null_only_there(
    peer: Peer,
) -> None:
    id_, email = await new_account(peer)
    role = await peer.create("roles", name="Tester")
    await peer.patch("users", id_, roles=[role])
    user = (await peer.login(email, "secret")).json["user"]
    assert (user["id"], user["updatedAt"], user["roles"][0]["name"]) == (id_, None, "Tester")
    assert (await peer.document("users", id_))["updatedAt"] is not None


async def test_an_address_is_trimmed_and_its_case_does_not_matter(peer: Peer) -> None:
    assert (await peer.login(f"  {OPS_EMAIL.upper()} ", OPS_PASSWORD)).status == 200


async def test_a_login_sets_a_cookie_which_alone_signs_in_and_heals_no_bad_header(
    peer: Peer,
) -> None:
    answer = await peer.login()
    assert answer.headers["Set-Cookie"].startswith(f"payload-token={answer.json['token']};")
    cookie = {"Cookie": f"payload-token={answer.json['token']}"}
    alone = await peer.get("/jobs?limit=1&depth=0", auth="", headers=cookie)
    beside = await peer.get("/jobs?limit=1&depth=0", auth="JWT nonsense", headers=cookie)
    assert (alone.status, beside.status) == (200, 403)


@pytest.mark.parametrize(
    ("email", "password"), [(OPS_EMAIL, "wrong"), ("nobody@attic.example", "x")]
)
async def test_a_wrong_password_and_an_unknown_address_look_the_same(
    peer: Peer, email: str, password: str
) -> None:
    answer = await peer.login(email, password)
    assert (answer.status, answer.json) == (401, INCORRECT)


@pytest.mark.parametrize("missing", ["email", "password"])
async def test_a_login_without_address_or_password_is_400_and_says_which(
    peer: Peer, missing: str
) -> None:
    credentials = {"email": OPS_EMAIL, "password": OPS_PASSWORD}
    del credentials[missing]
    answer = await peer.call("POST", "/users/login", credentials, auth="")
    problem = {"message": "This field is required.", "path": missing}
    assert (answer.status, answer.json) == (
        400,
        {
            "errors": [
                {
                    "name": "ValidationError",
                    "data": {"collection": "users", "errors": [problem]},
                    "message": f"The following field is invalid: {missing}",
                }
            ]
        },
    )


async def test_broken_json_is_400(peer: Peer) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await peer.call("POST", "/users/login", '{"email":', auth="", headers=headers)
    assert (answer.status, answer.json) == (400, {"errors": [{"message": "Invalid JSON"}]})


async def test_a_form_is_no_login(peer: Peer) -> None:
    body = f"email={OPS_EMAIL}&password={OPS_PASSWORD}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await peer.call("POST", "/users/login", body, auth="", headers=headers)
    assert (answer.status, answer.json["errors"][0]["name"]) == (400, "ValidationError")


async def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(peer: Peer) -> None:
    _, email = await new_account(peer)
    wrong = [(await peer.login(email, "wrong")).json for _ in range(6)]
    assert wrong == [INCORRECT] * 5 + [LOCKED]
    right = await peer.login(email, "secret")
    assert (right.status, right.json) == (401, LOCKED)


async def test_a_lock_leaves_the_tokens_of_the_account_alone(peer: Peer) -> None:
    _, email = await new_account(peer)
    token = (await peer.login(email, "secret")).json["token"]
    for _ in range(5):
        await peer.login(email, "wrong")
    assert (await peer.login(email, "secret")).json == LOCKED
    assert await status(peer, token) == 200
    refreshed = await peer.call("POST", "/users/refresh-token", auth=f"JWT {token}")
    assert refreshed.status == 200


async def test_a_good_login_takes_back_the_wrong_ones(peer: Peer) -> None:
    _, email = await new_account(peer)
    for _ in range(2):
        for _ in range(4):
            assert (await peer.login(email, "wrong")).json == INCORRECT
        assert (await peer.login(email, "secret")).status == 200


async def test_somebody_signed_in_can_unlock(peer: Peer) -> None:
    _, email = await new_account(peer)
    for _ in range(5):
        await peer.login(email, "wrong")
    answer = await peer.call("POST", "/users/unlock", {"email": email})
    assert (answer.status, answer.json) == (200, {"message": "Success"})
    assert (await peer.login(email, "secret")).status == 200


async def test_a_lock_runs_out(start_peer: Start) -> None:
    peer = await start_peer(Variant(lock_seconds=0.5))
    _, email = await new_account(peer)
    for _ in range(5):
        await peer.login(email, "wrong")
    assert (await peer.login(email, "secret")).json == LOCKED

    async def opened() -> bool:
        return (await peer.login(email, "secret")).status == 200

    await wait_until(opened)


async def test_a_wrong_password_moves_the_users_stamp_and_a_plain_login_does_not(
    peer: Peer,
) -> None:
    id_, email = await new_account(peer)
    new = (await peer.document("users", id_))["updatedAt"]
    await peer.login(email, "secret")
    assert (await peer.document("users", id_))["updatedAt"] == new
    await peer.login(email, "wrong")
    assert (await peer.document("users", id_))["updatedAt"] > new


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


async def test_a_token_ends_at_its_second(start_peer: Start) -> None:
    peer = await start_peer(Variant(token_life=2))
    answer = await peer.login()
    token, ends = answer.json["token"], answer.json["exp"]
    assert await status(peer, token) == 200

    async def ended() -> bool:
        return await status(peer, token) == 403

    await wait_until(ended)
    assert ends - 0.1 <= time.time() < ends + 1.5


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
    peer = await start_peer(Variant(token_life=3))
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
