"""Row 12 the whole way: Attic Tech moves a job, the phone of who sold it shows that, silently."""

from zoneinfo import ZoneInfo

from bot.audit.reading import read_story
from bot.views.language import Words
from bot.views.why import why_text
from tests.installation import Installation
from tests.posting import posting
from tests.scene import Company


async def test_what_became_of_a_sale_reaches_the_phone_of_who_sold_it(
    installation: Installation, company: Company, database_url: str
) -> None:
    attic, connection = installation.attic, installation.connection
    seller = await company.salesperson("Amy Nguyen", telegram_id="104")
    amy = attic.create("users", name="Amy Nguyen")
    estimate = attic.create(
        "estimates", name="Henderson", status="Sold", branch=1, user=amy, final_price=12345.5
    )
    job = installation.job(
        "Production Complete", name="Henderson", job_estimate=estimate, assignedCrew=[]
    )
    await installation.run()
    await installation.forget_alerts()  # first contact's
    async with posting(database_url) as post:
        phone = post.phone(104)
        attic.later(300)
        attic.patch("jobs", job, status="Pending Payment")
        await installation.run()
        assert await post.settled() == [("sale_progressed", "104", "delivered", None)]
    (message,) = phone.received
    assert message.silent
    assert message.text.splitlines() == [
        f"⚪ Waiting for payment: Henderson · #{job}",
        "You sold it. The work is done; the customer’s payment is next.",
        "Branch: Orange",
    ]
    row = await connection.fetchrow(
        "SELECT id, job_sync_id, notified_user_type, notified_user_id, notified_telegram_id"
        " FROM botzilla.job_state_change_log ORDER BY id DESC LIMIT 1"
    )
    assert tuple(row)[2:] == ("salesperson", seller.sales_person, "104")
    words = Words("en", ZoneInfo("UTC"))
    told = why_text(await read_story(connection, row["job_sync_id"]), words)
    assert "Rule 12: a sold job waits for payment, or is closed: tell its salesperson." in told
    assert "✅ Amy Nguyen (salesperson), “News of a sale”: delivered" in told
