-- The outbox as the sender sees it. The transitions are those of AlertState (sync/model/alerts.py). Time is the database's, so
-- that all replicas read one clock. Rows for Make (channel) are none of the sender's business.

-- name: give_up_on_lost_leases
-- A call whose sender died in the middle may have arrived: it is never repeated. One that was not begun is due again.
-- Returns the ids of the first. $1 bigint[] alerts whose verdict this process still has in hand: it only waits for the database
WITH lost AS (
    UPDATE botzilla.alert SET state = CASE WHEN begun THEN 'unknown' ELSE 'pending' END,
        reason = CASE WHEN begun THEN 'lease_ran_out' END, begun = true, lease_token = NULL, lease_until = NULL
    WHERE state = 'sending' AND lease_until < now() AND id <> ALL ($1::bigint[])
    RETURNING id, state
)
SELECT id FROM lost WHERE state = 'unknown';

-- name: take_back
-- Whoever claimed before us has lost the lock: what they have not begun, and cannot begin any more, is due.
UPDATE botzilla.alert SET state = 'pending', begun = true, lease_token = NULL, lease_until = NULL
WHERE state = 'sending' AND NOT begun;

-- name: release_held
-- What was held is due again when its time has come.
UPDATE botzilla.alert SET state = 'pending', reason = NULL
WHERE state = 'held' AND channel = 'telegram' AND next_attempt_at <= now();

-- name: ours
-- Known to this program, and not standing aside because Telegram fails at it for long.
a.channel = 'telegram' AND a.kind = ANY ($5::text[]) AND a.recipient_type = ANY ($6::text[])
    AND (a.state <> 'held' OR a.reason IS DISTINCT FROM 'not_taken')

-- name: claim
-- The fence: pending -> sending for the oldest due alert of each recipient, with everything that is needed to decide
-- whether it still holds. $1 how many at most, $2 text[] chats that rest for their limit, $3 uuid the lease's token, $4
-- interval the lease, $5 text[] kinds and $6 text[] types of recipients that this program knows: others wait for the one that
-- does, and hold up nobody. What was to be edited is said anew.
WITH RECURSIVE head AS (
    -- Order within a chat: nothing overtakes an older alert that waits or is on its way. So of each address the first that is
    -- open, each by one step in the index: to the next address from one of ours, else to the next row. No other condition
    -- stands in the steps, so that no plan reads a lane to its end and sorts it.
    (SELECT a.telegram_id, a.id, a.state, a.next_attempt_at, (
        -- include: ours
        ) AS ours
     FROM botzilla.alert a
     WHERE a.state IN ('pending', 'held', 'sending') AND (a.telegram_id, a.id) > ('', 0)
     ORDER BY a.telegram_id, a.id LIMIT 1)
    UNION ALL
    SELECT next.* FROM head CROSS JOIN LATERAL (
        SELECT a.telegram_id, a.id, a.state, a.next_attempt_at, (
            -- include: ours
            ) AS ours
        FROM botzilla.alert a
        WHERE a.state IN ('pending', 'held', 'sending')
          AND (a.telegram_id, a.id) > (head.telegram_id, CASE WHEN head.ours THEN 9223372036854775807 ELSE head.id END)
        ORDER BY a.telegram_id, a.id LIMIT 1
    ) next
), ready AS (
    SELECT head.id FROM head
    WHERE head.ours AND head.state = 'pending' AND head.next_attempt_at <= now() AND head.telegram_id <> ALL ($2::text[])
      -- Two never fly at once.
      AND head.telegram_id <> ALL (ARRAY(
          SELECT a.telegram_id FROM botzilla.alert a WHERE a.state = 'sending' AND a.telegram_id IS NOT NULL))
    UNION ALL
    SELECT lonely.id FROM (
        SELECT a.id, a.state, a.next_attempt_at, (
            -- include: ours
            ) AS ours
        FROM botzilla.alert a WHERE a.state IN ('pending', 'held', 'sending') AND a.telegram_id IS NULL OFFSET 0
    ) lonely
    WHERE lonely.ours AND lonely.state = 'pending' AND lonely.next_attempt_at <= now()
), due AS (
    -- Looked at again once it is locked. OFFSET 0 keeps conditions outside by which another index would look better.
    SELECT locked.id FROM (SELECT id FROM ready ORDER BY id) oldest
    CROSS JOIN LATERAL (
        SELECT a.id, a.state, a.next_attempt_at FROM botzilla.alert a WHERE a.id = oldest.id OFFSET 0
        FOR UPDATE SKIP LOCKED
    ) locked
    WHERE locked.state = 'pending' AND locked.next_attempt_at <= now()
    LIMIT $1
), claimed AS (
    UPDATE botzilla.alert a
    SET state = 'sending', begun = false, lease_token = $3, lease_until = now() + $4::interval, cleared_at = NULL, edit_at = NULL
    FROM due WHERE a.id = due.id
    RETURNING a.*
)
SELECT c.id, c.kind, c.job_sync_id, c.revision, c.recipient_type, c.recipient_id, c.telegram_id, c.facts, c.attempts,
    c.lease_token, j.known, j.attic_tech_data AS job_facts, j.leader_revision, j.sales_person_id, newer.alerts AS newer,
    chat.language,
    CASE WHEN c.kind = 'crew_leader_unreachable' AND c.job_sync_id IS NULL THEN ARRAY(
        -- Of a leaver's jobs those that still need somebody else.
        SELECT s.id FROM jsonb_array_elements(c.facts -> 'jobs') job
        CROSS JOIN LATERAL (SELECT * FROM botzilla.job_sync WHERE id = (job ->> 'job_sync_id')::integer OFFSET 0) s
        WHERE s.gone_at IS NULL AND (s.known ->> 'active')::boolean
            AND coalesce(s.attic_tech_crew_leader_id = (job ->> 'leader_id')::integer, true)
    ) END AS still_open
FROM claimed c
LEFT JOIN botzilla.job_sync j ON j.id = c.job_sync_id
LEFT JOIN LATERAL (
    -- Newer alerts to the same person, in the same role, about the same job that are on their way or were seen.
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'kind', n.kind, 'recipient_type', n.recipient_type, 'recipient_id', n.recipient_id, 'revision', n.revision,
        'facts', n.facts - 'job', 'state', n.state) ORDER BY n.id), '[]') AS alerts
    FROM botzilla.alert n
    WHERE n.job_sync_id = c.job_sync_id AND n.id > c.id
      AND n.recipient_type = c.recipient_type AND n.recipient_id = c.recipient_id AND n.kind = ANY ($5::text[])
      AND n.state IN ('pending', 'held', 'sending', 'delivered', 'unknown', 'handed_over')
) newer ON true
LEFT JOIN botzilla.telegram_chat chat
    ON chat.telegram_id = CASE WHEN c.telegram_id ~ '^[0-9]{1,18}$' THEN c.telegram_id::bigint END
ORDER BY c.id;

-- name: begin
-- Right before the call. Whoever has slept over the end of the lease, or of their lock, gets no row, and must not call.
-- $1 id, $2 lease_token
UPDATE botzilla.alert SET begun = true
WHERE id = $1 AND lease_token = $2 AND state = 'sending' AND lease_until > now()
RETURNING id;

-- name: seconds_to_next
-- How long until something becomes due by itself; null when nothing will.
SELECT extract(epoch FROM least(
    (SELECT min(next_attempt_at) FROM botzilla.alert
     WHERE state = 'pending' AND next_attempt_at > now() AND channel = 'telegram'),
    (SELECT min(next_attempt_at) FROM botzilla.alert
     WHERE state = 'held' AND next_attempt_at > now() AND channel = 'telegram'),
    (SELECT min(lease_until) FROM botzilla.alert WHERE state = 'sending' AND lease_until > now()),
    (SELECT min(edit_at) FROM botzilla.alert WHERE edit_at > now())
) - now())::float8;

-- name: delivered
-- The verdict, and the columns that BotZilla reads, in one statement: nothing says "notified" before Telegram said so.
-- $1 id, $2 lease_token, $3 chat_id, $4 message_id
WITH job AS MATERIALIZED (
    -- Locked first, as deciding does: job_sync before alert, so that the two never wait for each other.
    SELECT j.id FROM botzilla.job_sync j
    JOIN botzilla.alert a ON a.job_sync_id = j.id
    WHERE a.id = $1
    FOR NO KEY UPDATE OF j
), told AS (
    UPDATE botzilla.alert a
    SET state = 'delivered', reason = NULL, chat_id = $3, message_id = $4, delivered_at = now(),
        lease_token = NULL, lease_until = NULL
    WHERE (SELECT count(*) FROM job) >= 0 AND a.id = $1 AND a.lease_token = $2 AND a.state = 'sending'
    RETURNING a.*
), job_told AS (
    -- The leader of now has got an alert of the revision of now. What took the job away from somebody is none.
    UPDATE botzilla.job_sync j
    SET notification_sent = true, last_notification_sent_at = now()
    FROM told
    WHERE j.id = told.job_sync_id AND told.recipient_type = 'crew_leader' AND told.kind <> 'job_taken_away'
      AND j.attic_tech_crew_leader_id = told.recipient_id AND j.revision = told.revision AND j.gone_at IS NULL
), change_told AS (
    -- The first recipient reached. An operator acts for the managers and has no row of his own.
    UPDATE botzilla.job_state_change_log l
    SET notified_user_type =
            CASE told.recipient_type WHEN 'operator' THEN 'operation_manager' ELSE told.recipient_type END,
        notified_user_id = CASE told.recipient_type
            WHEN 'crew_leader' THEN (SELECT p.crew_member_id FROM botzilla.attic_tech_person p
                                     WHERE p.attic_tech_user_id = told.recipient_id)
            WHEN 'operator' THEN NULL
            ELSE told.recipient_id END,
        notified_telegram_id = told.telegram_id
    FROM told
    WHERE l.id = told.state_change_id AND l.notified_user_type IS NULL
)
SELECT id FROM told;

-- name: again
-- Another attempt. $1 id, $2 lease_token, $3 interval until then, $4 failures to count, $5 reason, $6 state: pending, or held
-- where its lane does not wait for it
UPDATE botzilla.alert
SET state = $6, reason = $5, next_attempt_at = now() + $3::interval, attempts = attempts + $4::integer,
    lease_token = NULL, lease_until = NULL
WHERE id = $1 AND lease_token = $2 AND state = 'sending'
RETURNING id;

-- name: rest_recipient
-- 429: back to pending, and all that waits for this recipient rests as long. No failure; no other chat is held up.
-- $1 id, $2 lease_token, $3 interval, $4 reason
WITH mine AS MATERIALIZED (
    SELECT id, telegram_id FROM botzilla.alert WHERE id = $1 AND lease_token = $2 AND state = 'sending'
), theirs AS (
    SELECT id FROM mine
    UNION
    SELECT a.id FROM mine JOIN botzilla.alert a
        ON a.telegram_id = mine.telegram_id AND a.state = 'pending' AND a.channel = 'telegram'
)
UPDATE botzilla.alert a
SET state = 'pending', reason = $4, next_attempt_at = greatest(a.next_attempt_at, now() + $3::interval),
    lease_token = NULL, lease_until = NULL
FROM theirs WHERE a.id = theirs.id AND (a.state = 'pending' OR a.state = 'sending' AND a.lease_token = $2)
RETURNING a.id;

-- name: hold_everything
-- Telegram takes nothing from us: this alert and all that is pending are held. $1 id, $2 lease_token, $3 reason,
-- $4 interval
WITH mine AS (
    UPDATE botzilla.alert
    SET state = 'held', reason = $3, next_attempt_at = greatest(next_attempt_at, now() + $4::interval),
        lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'sending'
    RETURNING id
), others AS (
    UPDATE botzilla.alert
    SET state = 'held', reason = $3, next_attempt_at = greatest(next_attempt_at, now() + $4::interval)
    WHERE state = 'pending' AND channel = 'telegram' AND EXISTS (SELECT FROM mine)
)
SELECT id FROM mine;

-- name: close
-- A terminal state. $1 id, $2 lease_token, $3 state: unknown or superseded, $4 reason
UPDATE botzilla.alert SET state = $3, reason = $4, lease_token = NULL, lease_until = NULL
WHERE id = $1 AND lease_token = $2 AND state = 'sending'
RETURNING id;

-- name: readdress
-- The recipient has another address than when it was decided: it goes back to wait its turn there, and so does all that
-- waits for him. $1 id, $2 lease_token, $3 the address
WITH mine AS MATERIALIZED (
    SELECT id, recipient_type, recipient_id FROM botzilla.alert
    WHERE id = $1 AND lease_token = $2 AND state = 'sending'
), theirs AS (
    SELECT id FROM mine
    UNION
    SELECT a.id FROM mine JOIN botzilla.alert a
        ON a.recipient_type = mine.recipient_type AND a.recipient_id = mine.recipient_id
        AND a.state IN ('pending', 'held') AND a.channel = 'telegram'
)
UPDATE botzilla.alert a
SET state = CASE a.state WHEN 'sending' THEN 'pending' ELSE a.state END, telegram_id = $3,
    lease_token = NULL, lease_until = NULL
FROM theirs WHERE a.id = theirs.id AND (a.state IN ('pending', 'held') OR a.state = 'sending' AND a.lease_token = $2)
RETURNING a.id;
