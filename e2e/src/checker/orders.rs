//! Orders, and what inventory and payment have of them.
//!
//! What an order knows it has heard, so an order that is further than its stock or its money is wrong at any moment. One
//! that is behind is wrong only at rest. Orders of which something waits in the dead letters are behind for that reason.

use super::invariant::{Invariant, When};

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "a PAID, SHIPPED or DELIVERED order has its stock committed and its money captured in full",
        when: When::Always,
        sql: "SELECT format('ord_%s: %s of %s %s, its stock is %s, %s %s are captured (%s)', replace(o.id::text, '-', ''),
                  o.status, o.total_minor, o.currency, r.state, p.captured_minor, p.currency, p.final_word) AS what,
                r.state = 'COMMITTED' AND p.captured_minor = o.total_minor AND p.currency = o.currency
                AND p.final_word = 'SUCCESS' AS ok
              FROM orders o LEFT JOIN reservation r ON r.order_id = o.id AND r.origin = 'SAGA'
              LEFT JOIN payment p ON p.order_id = o.id
              WHERE o.status IN ('PAID', 'SHIPPED', 'DELIVERED')",
    },
    Invariant {
        name: "stock that is committed, and money that is kept, are those of a PAID, SHIPPED or DELIVERED order",
        when: When::AtRest,
        sql: "WITH parked AS (SELECT key FROM dead_letter WHERE state <> 'DONE')
              SELECT format('ord_%s: %s, its stock is %s, its money %s %s', replace(x.order_id::text, '-', ''), o.status,
                  r.state, p.final_word, p.closed) AS what,
                o.status IN ('PAID', 'SHIPPED', 'DELIVERED') AS ok
              FROM (
                SELECT order_id FROM reservation WHERE state = 'COMMITTED' AND origin = 'SAGA'
                UNION
                SELECT order_id FROM payment WHERE final_word = 'SUCCESS'
                  AND (closed IS NULL OR closed IN ('EXPIRED', 'WITHDRAWN'))
              ) x LEFT JOIN orders o ON o.id = x.order_id LEFT JOIN reservation r USING (order_id)
              LEFT JOIN payment p USING (order_id)
              WHERE NOT EXISTS (SELECT FROM parked WHERE key = 'ord_' || replace(x.order_id::text, '-', ''))",
    },
    Invariant {
        name: "a CANCELLED order has given back its stock and all of its money",
        when: When::AtRest,
        sql: "WITH parked AS (SELECT key FROM dead_letter WHERE state <> 'DONE')
              SELECT format('ord_%s: its stock is %s, %s of %s captured went back', replace(o.id::text, '-', ''), r.state,
                  b.sum, p.captured_minor) AS what,
                r.state IN ('RELEASED', 'EXPIRED', 'RETURNED', 'REJECTED')
                AND coalesce(b.sum, 0) + p.refund_given_up_minor = p.captured_minor AS ok
              FROM orders o LEFT JOIN reservation r ON r.order_id = o.id LEFT JOIN payment p ON p.order_id = o.id
              LEFT JOIN (
                SELECT order_id, sum(amount_minor) FROM refund WHERE state = 'SUCCEEDED' GROUP BY order_id
              ) b ON b.order_id = o.id
              WHERE o.status = 'CANCELLED'
                AND NOT EXISTS (SELECT FROM parked WHERE key = 'ord_' || replace(o.id::text, '-', ''))",
    },
    Invariant {
        name: "an order costs what its lines add up to",
        when: When::Always,
        sql: "SELECT format('ord_%s: costs %s, its lines %s', replace(id::text, '-', ''), total_minor, line.sum) AS what,
                total_minor = line.sum AND line.sound AS ok
              FROM orders, LATERAL (
                SELECT sum((l ->> 'line_total_minor')::bigint),
                  bool_and((l ->> 'line_total_minor')::bigint
                    = (l ->> 'quantity')::bigint * (l ->> 'unit_price_minor')::bigint) AS sound
                FROM jsonb_array_elements(lines) l
              ) line",
    },
    Invariant {
        name: "what is reserved and charged for an order is what was ordered",
        when: When::Always,
        sql: "SELECT format('ord_%s: ordered are %s for %s %s, reserved %s, to be paid %s %s', replace(o.id::text, '-', ''),
                  wanted.lines, o.total_minor, o.currency, r.lines, p.amount_minor, p.currency) AS what,
                (r.order_id IS NULL OR r.lines = '{}' OR r.lines = wanted.lines)
                AND (p.amount_minor IS NULL
                  OR (p.amount_minor, p.currency, p.user_id) = (o.total_minor, o.currency, o.user_id)) AS ok
              FROM orders o LEFT JOIN reservation r ON r.order_id = o.id AND r.origin = 'SAGA'
              LEFT JOIN payment p ON p.order_id = o.id,
              LATERAL (
                SELECT jsonb_object_agg(sku, quantity) AS lines FROM (
                  SELECT l ->> 'sku' AS sku, sum((l ->> 'quantity')::bigint) AS quantity
                  FROM jsonb_array_elements(o.lines) l GROUP BY 1
                ) summed
              ) wanted",
    },
    Invariant {
        name: "nothing is reserved or paid without an order",
        when: When::Always,
        sql: "SELECT format('ord_%s: there is a %s', replace(x.order_id::text, '-', ''), x.what) AS what,
                o.id IS NOT NULL AS ok
              FROM (
                SELECT order_id, 'reservation' AS what FROM reservation WHERE origin = 'SAGA'
                UNION ALL SELECT order_id, 'payment' FROM payment
              ) x LEFT JOIN orders o ON o.id = x.order_id",
    },
    Invariant {
        name: "every order has a reservation and a payment",
        when: When::AtRest,
        sql: "WITH parked AS (SELECT key FROM dead_letter WHERE state <> 'DONE')
              SELECT format('ord_%s: reservation %s, payment %s', replace(o.id::text, '-', ''), r.state, p.id) AS what,
                r.order_id IS NOT NULL AND p.amount_minor IS NOT NULL AS ok
              FROM orders o LEFT JOIN reservation r ON r.order_id = o.id LEFT JOIN payment p ON p.order_id = o.id
              WHERE NOT EXISTS (SELECT FROM parked WHERE key = 'ord_' || replace(o.id::text, '-', ''))",
    },
    Invariant {
        name: "every order is settled, or waits for its buyer within its time",
        when: When::AtRest,
        sql: "WITH parked AS (SELECT key FROM dead_letter WHERE state <> 'DONE')
              SELECT format('ord_%s: %s since %s, its stock is %s until %s, its money %s %s', replace(o.id::text, '-', ''),
                  o.status, o.updated_at, r.state, r.expires_at, p.final_word, p.closed) AS what,
                o.status IN ('PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED')
                OR (o.status = 'PAYMENT_PENDING' AND r.state = 'HELD'
                  AND r.expires_at > clock_timestamp() - interval '1 minute'
                  AND p.final_word IS NULL AND p.closed IS NULL
                  AND NOT EXISTS (
                    SELECT FROM attempt a WHERE a.order_id = o.id AND a.state IN ('OPEN', 'UNKNOWN'))) AS ok
              FROM orders o LEFT JOIN reservation r ON r.order_id = o.id LEFT JOIN payment p ON p.order_id = o.id
              WHERE NOT EXISTS (SELECT FROM parked WHERE key = 'ord_' || replace(o.id::text, '-', ''))",
    },
];
