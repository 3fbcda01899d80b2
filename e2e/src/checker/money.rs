//! Money: ours, the orders' word on it, and the gateway's own books.

use super::evidence::Evidence;
use super::invariant::{Invariant, When};

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "what is captured is what was ordered, and no more goes back than was captured",
        when: When::Always,
        sql: "SELECT format('ord_%s: %s ordered, %s captured, %s to go back, %s going or gone back',
                  replace(order_id::text, '-', ''), amount_minor, captured_minor, refund_target_minor, r.sum) AS what,
                captured_minor IN (0, amount_minor) AND refund_target_minor <= captured_minor
                AND coalesce(r.sum, 0) <= captured_minor AS ok
              FROM payment LEFT JOIN (
                SELECT order_id, sum(amount_minor) FROM refund WHERE state <> 'FAILED' GROUP BY order_id
              ) r USING (order_id)
              WHERE amount_minor IS NOT NULL OR captured_minor > 0",
    },
    Invariant {
        name: "an order is charged at most once",
        when: When::Always,
        sql: "SELECT format('ord_%s: %s captured by %s attempts', replace(order_id::text, '-', ''), captured_minor, a.n) AS what,
                coalesce(a.n, 0) = (captured_minor > 0)::int AS ok
              FROM payment LEFT JOIN (
                SELECT order_id, count(*) AS n FROM attempt WHERE state = 'SUCCEEDED' GROUP BY order_id
              ) a USING (order_id)",
    },
    Invariant {
        name: "a capture is booked once, in full",
        when: When::Always,
        sql: "SELECT format('ord_%s: %s %s captured, %s booked in %s entries',
                  replace(order_id::text, '-', ''), p.captured_minor, p.currency, l.sum, l.n) AS what,
                p.captured_minor = coalesce(l.sum, 0) AND coalesce(l.n, 0) = (p.captured_minor > 0)::int
                AND (l.currency IS NULL OR l.currency = p.currency) AS ok
              FROM payment p FULL JOIN (
                SELECT order_id, sum(amount_minor), count(*) AS n, min(currency) AS currency
                FROM ledger_entry WHERE kind = 'CAPTURE' GROUP BY order_id
              ) l USING (order_id)",
    },
    Invariant {
        name: "a refund that succeeded is booked once, in full",
        when: When::Always,
        sql: "SELECT format('ref_%s: %s given back, %s booked', replace(id::text, '-', ''), r.amount_minor, l.amount_minor) AS what,
                r.amount_minor = l.amount_minor AND r.order_id = l.order_id AND r.currency = l.currency AS ok
              FROM (
                SELECT refund.*, payment.currency FROM refund JOIN payment USING (order_id) WHERE state = 'SUCCEEDED'
              ) r FULL JOIN (
                SELECT reference AS id, order_id, amount_minor, currency FROM ledger_entry WHERE kind = 'REFUND'
              ) l USING (id)",
    },
    Invariant {
        name: "the ledger balances: an entry debits one account and credits the other, as its kind says",
        when: When::Always,
        sql: "SELECT format('entry %s: %s from %s to %s', id, kind, credit, debit) AS what,
                amount_minor > 0 AND (kind, debit, credit) IN
                  (('CAPTURE', 'GATEWAY_RECEIVABLE', 'SALES'), ('REFUND', 'SALES', 'GATEWAY_RECEIVABLE')) AS ok
              FROM ledger_entry",
    },
    Invariant {
        name: "orders say of the money what payments say",
        when: When::AtRest,
        sql: "WITH parked AS (SELECT key FROM dead_letter WHERE state <> 'DONE')
              SELECT format('ord_%s: the order says %s paid and %s back, the payment %s captured (%s) and %s back',
                  replace(o.id::text, '-', ''), o.captured_minor, o.refunded_minor, p.captured_minor, p.final_word, r.sum) AS what,
                coalesce(o.captured_minor, 0) = CASE p.final_word WHEN 'SUCCESS' THEN p.captured_minor ELSE 0 END
                AND coalesce(o.refunded_minor, 0) = coalesce(r.sum, 0) AS ok
              FROM orders o JOIN payment p ON p.order_id = o.id
              LEFT JOIN (
                SELECT order_id, sum(amount_minor) FROM refund WHERE state = 'SUCCEEDED' GROUP BY order_id
              ) r ON r.order_id = o.id
              WHERE NOT EXISTS (SELECT FROM parked WHERE key = 'ord_' || replace(o.id::text, '-', ''))",
    },
    Invariant {
        name: "every capture here is one of the gateway's",
        when: When::Always,
        sql: "SELECT format('ord_%s: %s %s captured, the gateway has %s %s of %s (%s)', replace(p.order_id::text, '-', ''),
                  p.captured_minor, p.currency, b.received, b.currency, p.intent_id, b.status) AS what,
                b.status = 'succeeded' AND b.received = p.captured_minor AND upper(b.currency) = p.currency AS ok
              FROM payment p LEFT JOIN book_intent b ON b.id = p.intent_id WHERE p.captured_minor > 0",
    },
    Invariant {
        name: "the gateway captured nothing that is not known here",
        when: When::AtRest,
        sql: "SELECT format('%s of %s: %s %s charged, known here are %s', c.id, coalesce(i.order_key, 'no order'), c.amount,
                  c.currency, p.captured_minor) AS what,
                p.captured_minor = c.amount AND p.currency = upper(c.currency) AS ok
              FROM book_charge c LEFT JOIN book_intent i ON i.id = c.intent LEFT JOIN payment p ON p.intent_id = c.intent
              WHERE c.status = 'succeeded'",
    },
    Invariant {
        name: "the gateway charged no order twice",
        when: When::Always,
        sql: "SELECT format('%s: charged %s times at the gateway', coalesce(i.order_key, i.id), count(*)) AS what,
                count(*) = 1 AS ok
              FROM book_charge c JOIN book_intent i ON i.id = c.intent WHERE c.status = 'succeeded'
              GROUP BY coalesce(i.order_key, i.id)",
    },
    Invariant {
        name: "what went back is the same here and at the gateway",
        when: When::AtRest,
        sql: "SELECT format('%s of ord_%s: %s went back, at the gateway %s', intent, replace(order_id::text, '-', ''), r.sum, b.sum) AS what,
                coalesce(r.sum, 0) = coalesce(b.sum, 0) AS ok
              FROM (
                SELECT p.intent_id AS intent, p.order_id, sum(refund.amount_minor)
                FROM refund JOIN payment p USING (order_id) WHERE refund.state = 'SUCCEEDED' GROUP BY 1, 2
              ) r FULL JOIN (
                SELECT intent, sum(amount) FROM book_refund WHERE status = 'succeeded' GROUP BY intent
              ) b USING (intent)",
    },
];

#[derive(diesel::QueryableByName)]
struct Waiting {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    refused: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    mismatched: i64,
}

/// Money that waits for people.
///
/// # Errors
/// The database's.
pub async fn notes(evidence: &mut Evidence) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT count(*) FILTER (WHERE refund_given_up_minor > 0) AS refused, \
               count(*) FILTER (WHERE mismatch_minor IS NOT NULL) AS mismatched FROM payment";
    let rows: Vec<Waiting> = evidence.rows(sql, "money that waits for people").await?;
    let note = |n: i64, text: &str| (n > 0).then(|| format!("{n} {text}"));
    Ok(rows
        .into_iter()
        .flat_map(|row| {
            [
                note(row.refused, "payments have money to go back that the gateway refused to give back"),
                note(row.mismatched, "payments were captured otherwise than ordered"),
            ]
        })
        .flatten()
        .collect())
}
