"""Companies as hypothesis draws them: homonyms, accents, swapped phones, fillers, shared e-mails,
missing rows, joined and unjoined crew members, leavers, `@names`, ids with spaces, one id on two
rows, users that Attic Tech blocks. Everything is drawn from little, so that it collides.
"""

import unicodedata

from hypothesis import strategies as st

from sync.alerts import Reason
from sync.directory import Directory, Manager
from sync.people import People
from sync.person import AtticUser, CrewMember, Employee, SalesPerson

NAMES = st.sampled_from(
    [
        *("Ana Núñez", "ana  núñez ", unicodedata.normalize("NFD", "Ana Núñez"), "Ana Nunez"),
        *("Ana", "José Ruiz", "Jose Ruiz", "Chris Jordan", "Christopher Jordan"),
    ]
)
PHONES = st.sampled_from(
    [
        *(None, None, "6195550142", "+1 619 555 0142", "619-555-0143", "(619) 555-0144"),
        *("call me", "", "555-0142", "(000) 000-0000", "0000000000"),
    ]
)
EMAILS = st.sampled_from([None, "ana@x.example", "ANA@x.example ", "jose@x.example", "c@x.example"])
IDS = st.sampled_from(
    [
        *(None, "11", " 11", "12\t", "13", "14", "15\n", "@ana", "11a", "0", "011", ""),
        *("\u00a016", "9999999999999999999"),
    ]
)
STATUSES = st.sampled_from([*["active"] * 5, "pending", "inactive", "rejected"])
REFUSALS = st.dictionaries(
    st.sampled_from(["11", "13", "14"]),
    st.sampled_from([Reason.BOT_BLOCKED, Reason.CHAT_NOT_FOUND, Reason.DEACTIVATED]),
    max_size=1,
)
_rarely = st.sampled_from([False] * 7 + [True])


@st.composite
def people(draw: st.DrawFn) -> People:
    """The rows that say who is who; whatever refers to another row refers to one that is there."""
    few = st.integers(0, 4)
    users = tuple(
        AtticUser(
            number,
            draw(NAMES),
            draw(EMAILS),
            draw(PHONES),
            blocked=draw(_rarely),
            gone=draw(_rarely),
        )
        for number in range(1, draw(few) + 1)
    )
    attic_ids = draw(st.permutations([*(u.id for u in users), 99, *[None] * 8]))
    employees = tuple(
        Employee(
            number,
            draw(NAMES),
            draw(EMAILS),
            draw(PHONES),
            draw(IDS),
            draw(STATUSES),
            draw(_rarely),
            attic_ids[number],
        )
        for number in range(1, draw(few) + 1)
    )
    employed = st.sampled_from([None, *(e.id for e in employees)])
    crew = tuple(
        CrewMember(
            number, draw(NAMES), draw(PHONES), draw(IDS), draw(st.booleans()), draw(employed)
        )
        for number in range(1, draw(few) + 1)
    )
    sellers = tuple(
        SalesPerson(number, draw(NAMES), draw(PHONES), draw(IDS), not draw(_rarely), draw(employed))
        for number in range(1, draw(st.integers(0, 2)) + 1)
    )
    return People(employees, crew, sellers, users, draw(REFUSALS))


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """The same with managers of two branches and operators, who may be any of them."""
    branches = st.frozensets(st.sampled_from([1, 2]))
    managers = tuple(
        Manager(number, draw(IDS), draw(branches))
        for number in range(1, draw(st.integers(0, 3)) + 1)
    )
    operators = draw(st.lists(st.sampled_from([11, 13, 90, 91]), max_size=2, unique=True))
    return Directory(draw(people()), managers, tuple(operators))
