//! Events: said once, in order, lost nowhere, handled by everybody who wants them.

use super::evidence::Evidence;
use super::invariant::{Invariant, When};

/// Left out where dead letters are allowed.
pub const NOTHING_IS_DEAD: &str = "nothing waits in the dead letters";

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "no event of an aggregate is missing on its topic: they are 1, 2, 3 …",
        when: When::Always,
        // Of a topic that has forgotten its oldest records, an aggregate may begin later.
        sql: "SELECT format('%s %s: %s events numbered %s to %s', producer, key, n, first, last) AS what,
                n = last - first + 1 AND (first = 1 OR EXISTS (
                  SELECT FROM extent WHERE extent.producer = e.producer AND low > 0)) AS ok
              FROM (
                SELECT producer, key, count(DISTINCT seq) AS n, min(seq) AS first, max(seq) AS last
                FROM event GROUP BY producer, key
              ) e",
    },
    Invariant {
        name: "the events of an aggregate first come in the order of their numbers",
        when: When::Always,
        sql: "SELECT format('%s %s: number %s comes after %s, at %s:%s', producer, key, seq, before, partition, kafka_offset) AS what,
                before IS NULL OR before < seq AS ok
              FROM (
                SELECT *, lag(seq) OVER (PARTITION BY producer, key ORDER BY partition, kafka_offset) AS before FROM event
              ) e",
    },
    Invariant {
        name: "what was said is on its topic, or waits in the outbox",
        when: When::Always,
        sql: "SELECT format('%s %s: said %s events, on the topic are those up to %s, in the outbox %s to %s', a.producer, a.key,
                  a.event_seq, t.last, w.first, w.last) AS what,
                a.event_seq <= coalesce(t.last, 0)
                OR (w.last >= a.event_seq AND w.first <= coalesce(t.last, 0) + 1)
                OR (t.last IS NULL AND EXISTS (SELECT FROM extent WHERE extent.producer = a.producer AND low > 0)) AS ok
              FROM aggregate a
              LEFT JOIN (SELECT producer, key, max(seq) AS last FROM event GROUP BY producer, key) t USING (producer, key)
              LEFT JOIN (
                SELECT service AS producer, key, min(aggregate_seq) AS first, max(aggregate_seq) AS last
                FROM outbox WHERE aggregate_seq IS NOT NULL GROUP BY service, key
              ) w USING (producer, key)
              WHERE a.event_seq > 0",
    },
    Invariant {
        name: "no event is on a topic that its aggregate did not say",
        when: When::AtRest,
        sql: "SELECT format('%s %s: its last event is %s, the aggregate says %s', t.producer, t.key, t.last, a.event_seq) AS what,
                t.last <= a.event_seq AS ok
              FROM (SELECT producer, key, max(seq) AS last FROM event GROUP BY producer, key) t
              LEFT JOIN aggregate a USING (producer, key)",
    },
    Invariant {
        name: "every event is applied by each service that wants it, or is among its dead letters",
        when: When::Always,
        // An inbox remembers for five weeks, and the catalog's topic for ever.
        sql: "SELECT format('%s has not applied %s %s of %s at %s:%s', w.consumer, e.type, e.event_id, e.key, e.partition,
                  e.kafka_offset) AS what,
                i.event_id IS NOT NULL OR d.event_id IS NOT NULL AS ok
              FROM event e JOIN wants w USING (producer, type)
              JOIN progress p ON p.consumer = w.consumer AND p.producer = e.producer AND p.partition = e.partition
                AND e.kafka_offset < p.applied_to
              LEFT JOIN inbox i ON i.service = w.consumer AND i.event_id = e.event_id
              LEFT JOIN (SELECT DISTINCT service, event_id FROM dead_letter) d
                ON d.service = w.consumer AND d.event_id = e.event_id
              WHERE e.event_id >= rpad(lpad(to_hex((extract(epoch FROM now() - interval '28 days') * 1000)::bigint), 12, '0'),
                32, '0')::uuid",
    },
    Invariant {
        name: NOTHING_IS_DEAD,
        when: When::Always,
        sql: "SELECT format('%s %s about %s, %s: %s', service, id, key, state, error) AS what,
                'x-injected' = ANY (headers) OR EXISTS (
                  SELECT FROM dead_letter i WHERE i.service = d.service AND i.key = d.key AND 'x-injected' = ANY (i.headers)
                ) AS ok
              FROM dead_letter d WHERE state <> 'DONE'",
    },
    Invariant {
        name: "every record of a dead-letter topic is listed by its service",
        when: When::AtRest,
        sql: "SELECT format('%s: %s', r.consumer, r.id) AS what,
                EXISTS (SELECT FROM dead_letter d WHERE d.service = r.consumer AND d.id = r.id) AS ok
              FROM dead_record r",
    },
    Invariant {
        name: "a repeated record is the same event",
        when: When::Always,
        // Whoever puts a repeat there to do harm may choose another partition.
        sql: "SELECT format('%s: %s %s of %s, and %s %s of %s', event_id, e.type, e.seq, e.key, s.type, s.seq, s.key) AS what,
                (s.injected OR (s.producer, s.partition) = (e.producer, e.partition))
                AND (s.key, s.type, s.seq, s.payload) IS NOT DISTINCT FROM (e.key, e.type, e.seq, e.payload) AS ok
              FROM seen s JOIN event e USING (event_id)
              WHERE (s.producer, s.partition, s.kafka_offset) <> (e.producer, e.partition, e.kafka_offset)",
    },
    Invariant {
        name: "what happens to an order once is said once",
        when: When::Always,
        sql: "SELECT format('%s: %s times %s', key, count(*), type) AS what, count(*) = 1 AS ok
              FROM event WHERE order_id IS NOT NULL AND type IN (
                'waybill.order.created.v1', 'waybill.order.cancelled.v1', 'waybill.order.paid.v1',
                'waybill.order.delivered.v1', 'waybill.inventory.reserved.v1', 'waybill.inventory.rejected.v1',
                'waybill.inventory.committed.v1', 'waybill.inventory.commit_rejected.v1', 'waybill.payment.initiated.v1')
              GROUP BY key, type",
    },
    Invariant {
        name: "payment says one final word of an order",
        when: When::Always,
        sql: "SELECT format('%s: %s', key, string_agg(type, ', ')) AS what, count(*) = 1 AS ok
              FROM event WHERE type IN ('waybill.payment.success.v1', 'waybill.payment.failed.v1') GROUP BY key",
    },
];

#[derive(diesel::QueryableByName)]
struct Note {
    #[diesel(sql_type = diesel::sql_types::Text)]
    note: String,
}

/// What waits in the dead letters, and how often records were repeated.
///
/// # Errors
/// The database's.
pub async fn notes(evidence: &mut Evidence) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT format('%s dead letters of %s wait for a replay, and %s records behind them; %s were injected', \
                 count(*) FILTER (WHERE state = 'DEAD'), service, count(*) FILTER (WHERE state = 'WAITING'), \
                 count(*) FILTER (WHERE 'x-injected' = ANY (headers))) AS note \
               FROM dead_letter WHERE state <> 'DONE' GROUP BY service \
               UNION ALL \
               SELECT format('%s records on the topics that are events of nobody, %s of them injected', \
                 count(*), count(*) FILTER (WHERE injected)) \
               FROM seen WHERE injected OR event_id IS NULL OR seq IS NULL OR key IS NULL HAVING count(*) > 0";
    let notes: Vec<Note> = evidence.rows(sql, "notes").await?;
    Ok(notes.into_iter().map(|row| row.note).collect())
}
