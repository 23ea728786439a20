"""How Attic Tech signs people in: logins, their refusals, the lock-out."""

import base64
import json
import time

import pytest

from tests.contract.accounts import Start, new_account, status, wait_until
from tests.contract.peers import Peer
from tests.contract.servers import OPS_EMAIL, OPS_PASSWORD, Variant

INCORRECT = {"errors": [{"message": "The email or password provided is incorrect."}]}
LOCKED = {
    "errors": [{"message": "This user is locked due to having too many failed login attempts."}]
}


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
    peer = await start_peer(Variant(lock_seconds=3))
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
