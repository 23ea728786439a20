"""What Attic Tech must hold, and the sentence that says what is missing there."""

from sync.mirror.read import what_is_missing


def test_nothing_is_missing_when_somebody_leads_or_nobody_has_to():
    assert what_is_missing(1, holders=3, crews=40) is None
    assert what_is_missing(1, holders=0, crews=0) is None


def test_without_the_role_nobody_can_be_told():
    error = what_is_missing(0, holders=0, crews=0)
    assert error is not None
    assert error.cause == "no_crew_leader_role"
    assert error.sentence == (
        "No role in Attic Tech is named Crew Leader, so nobody can be told of a job: create or "
        "rename that role, and give our account's role read access to Roles."
    )


def test_crews_without_any_leader_are_an_error_and_not_silence():
    error = what_is_missing(1, holders=0, crews=40)
    assert error is not None
    assert error.cause == "no_crew_leader"
    assert error.sentence == (
        "40 jobs in Attic Tech have a crew, but no user has the role Crew Leader: give it to the "
        "crew leaders, and give our account's role read access to the field Roles of Users."
    )
