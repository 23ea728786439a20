"""From what the mirror says of a job to the `Job` that is decided on and the facts that messages
show. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sync.model.branches import AtticBranch
from sync.model.facts import JobFacts
from sync.model.job import Job
from sync.model.states import State, fold
from sync.people.rows import AtticUser

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A job of the mirror, or (`job_id` None) an estimate, joined to what it points at; `{}` where
    that is missing.

    `fresh`: new to the mirror since it was last decided. `has_job`: some job points at this
    estimate.
    """

    job_id: int | None
    estimate_id: int | None
    job: Fields
    estimate: Fields
    client: Fields
    place: Fields
    gone: bool = False
    fresh: bool = False
    has_job: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def sold(self) -> bool:
        """Whether its estimate is Sold now."""
        return fold(self.estimate.get("status") or "") == "sold"


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works on a job: the crew's ids that exist, its leader, and those whom Attic Tech does not
    show us.
    """

    ids: tuple[int, ...] = ()
    leader: int | None = None
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class Mirror:
    """What is looked up by id while deciding: AT's users and branches, and the roles that make a
    crew leader.
    """

    users: Mapping[int, AtticUser]
    branches: Mapping[int, AtticBranch]
    leader_roles: frozenset[int]

    def leads(self, user_id: int) -> bool:
        """Whether this user can lead: visible, not blocked, with the role."""
        user = self.users.get(user_id)
        return (
            user is not None
            and user.visible
            and not user.gone
            and not user.blocked
            and not self.leader_roles.isdisjoint(user.roles)
        )

    def deleted(self, user_id: int) -> bool:
        """Whether Attic Tech has deleted the user, and so taken them out of crews."""
        user = self.users.get(user_id)
        return user is not None and user.gone

    def name(self, user_id: int | None) -> str | None:
        """How Attic Tech calls a user."""
        user = self.users.get(user_id) if user_id is not None else None
        return user.name or None if user else None

    def crew(self, ids: tuple[int, ...], former: int | None) -> Crew:
        """The crew and its leader: the first in it who leads.

        While somebody in it is not shown to us the former leader stays: that nobody leads is
        concluded only from a crew that is fully known.
        """
        there = tuple(id for id in ids if not (id in self.users and self.users[id].gone))
        hidden = tuple(id for id in there if id not in self.users or not self.users[id].visible)
        leaders = [id for id in there if self.leads(id)]
        if hidden and former is not None and (former in hidden or former in leaders):
            return Crew(there, former)
        if leaders:
            return Crew(there, leaders[0])
        return Crew(there, former) if hidden and former is not None else Crew(there, None, hidden)


def job_of(source: Source, mirror: Mirror, before: Job | None, *, hold_leader: bool = False) -> Job:
    """The job as Attic Tech shows it now. `hold_leader`: keep the leader of before, whatever the
    mirror says.
    """
    branch = mirror.branches.get(source.estimate.get("branch") or 0)
    if source.gone and before is not None:
        return replace(before, gone=True, estimate_sold=source.sold)
    former = before.leader if before else None
    crew = mirror.crew(tuple(source.job.get("assignedCrew") or ()), former)
    leader = former if hold_leader else crew.leader
    status = source.job.get("status") if source.job_id is not None else State.REQUIRES_CREW_LEAD
    name = mirror.name(leader)
    return Job(
        job_id=source.job_id,
        estimate_id=source.estimate_id,
        status=str(status).strip() if status is not None else None,
        leader=leader,
        leader_name=name or (before.leader_name if before and leader == former else None),
        crew=crew.ids,
        hidden=() if hold_leader else crew.hidden,
        branch_id=branch.branch_id if branch else None,
        estimate_sold=source.sold,
        gone=source.gone or (source.job_id is None and not source.sold),
        told_silently=before.told_silently if before else False,
    )


def facts_of(source: Source, job: Job, mirror: Mirror) -> JobFacts:
    """`job_sync.attic_tech_data`: what messages show, null where Attic Tech has nothing."""
    estimate, client, place = source.estimate, source.client, source.place
    branch = mirror.branches.get(estimate.get("branch") or 0)
    return {
        "job_id": source.job_id,
        "estimate_id": source.estimate_id,
        "name": source.job.get("name") or estimate.get("name") or "",
        "status": job.status,
        "customer": _customer(client),
        "phone": _reached_by("phone", client, estimate),
        "email": _reached_by("email", client, estimate),
        "address": place.get("address"),
        "city": place.get("city"),
        "state": place.get("state"),
        "postal_code": place.get("postalCode"),
        "branch": " ".join(branch.name.split()) if branch else None,
        "branch_id": job.branch_id,
        "sales_person": mirror.name(estimate.get("user")),
        "crew_leader": job.leader_name,
        "crew": [{"id": id, "name": mirror.name(id) or ""} for id in job.crew],
        "final_price": _price(estimate),
        "labor_hours": estimate.get("labor_hours"),
        "crew_notes": estimate.get("crew_notes"),
        "updated_at": source.updated_at.isoformat() if source.updated_at else None,
    }


def _reached_by(way: str, client: Fields, estimate: Fields) -> str | None:
    """The customer's, else what stands on the estimate itself."""
    contact = estimate.get("contact") or {}
    return client.get(way) or estimate.get(way) or contact.get(way)


def _price(estimate: Fields) -> float | None:
    """In some branches only the price after taxes is filled in."""
    price: float | None = estimate.get("final_price")
    if price is not None:
        return price
    taxes: Fields = estimate.get("tax_details") or {}
    return taxes.get("final_price_after_taxes")


def _customer(client: Fields) -> str | None:
    names = (client.get("firstName"), client.get("lastName"))
    return client.get("fullName") or " ".join(name for name in names if name) or None
