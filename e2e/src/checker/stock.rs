//! Stock: what is on the shelf, what is held, what was sold.

use super::invariant::{Invariant, When};

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "the movements of a SKU add up to what is on hand",
        when: When::Always,
        sql: "SELECT format('%s: %s on hand, its movements add up to %s', sku, s.on_hand, m.sum) AS what,
                coalesce(s.on_hand, 0) = coalesce(m.sum, 0) AS ok
              FROM stock s FULL JOIN (SELECT sku, sum(delta) AS sum FROM movement GROUP BY sku) m USING (sku)",
    },
    Invariant {
        name: "each movement of a SKU starts where the one before it ended",
        when: When::Always,
        sql: "SELECT format('%s: %s after movement %s, which adds up to %s', sku, on_hand_after, id, sum) AS what,
                on_hand_after = sum AS ok
              FROM (SELECT sku, id, on_hand_after, sum(delta) OVER (PARTITION BY sku ORDER BY id) FROM movement) m",
    },
    Invariant {
        name: "what is reserved of a SKU is what the open holds add up to",
        when: When::Always,
        sql: "SELECT format('%s: %s reserved, the holds add up to %s', sku, s.reserved, h.sum) AS what,
                coalesce(s.reserved, 0) = coalesce(h.sum, 0) AS ok
              FROM stock s FULL JOIN (
                SELECT line.key AS sku, sum(line.value::bigint) AS sum
                FROM reservation, jsonb_each_text(lines) line WHERE state = 'HELD' GROUP BY line.key
              ) h USING (sku)",
    },
    Invariant {
        name: "no stock is negative, and no more is reserved than there is",
        when: When::Always,
        sql: "SELECT format('%s: %s on hand, %s reserved', sku, on_hand, reserved) AS what,
                on_hand >= 0 AND reserved >= 0 AND reserved <= on_hand AS ok
              FROM stock",
    },
    Invariant {
        name: "no SKU is oversold: orders have no more of it than ever came in",
        when: When::Always,
        sql: "SELECT format('%s: %s came in, orders have %s', sku, m.received, r.sold) AS what,
                coalesce(r.sold, 0) <= coalesce(m.received, 0) AS ok
              FROM (SELECT sku, sum(delta) AS received FROM movement WHERE kind IN ('COUNT', 'ADJUSTMENT') GROUP BY sku) m
              FULL JOIN (
                SELECT line.key AS sku, sum(line.value::bigint) AS sold
                FROM reservation, jsonb_each_text(lines) line WHERE state = 'COMMITTED' GROUP BY line.key
              ) r USING (sku)",
    },
    Invariant {
        name: "a reservation's sale is booked once, and its return once",
        when: When::Always,
        sql: "SELECT format('ord_%s: %s of %s is %s, booked are %s sales (%s) and %s returns (%s)',
                  replace(order_id::text, '-', ''), r.quantity, sku, r.state, b.sales, b.sold, b.returns, b.returned) AS what,
                b.sales = 1 AND b.sold = -r.quantity
                AND b.returns = (r.state = 'RETURNED')::int
                AND b.returned = CASE r.state WHEN 'RETURNED' THEN r.quantity ELSE 0 END AS ok
              FROM (
                SELECT order_id, line.key AS sku, line.value::bigint AS quantity, state
                FROM reservation, jsonb_each_text(lines) line WHERE state IN ('COMMITTED', 'RETURNED')
              ) r FULL JOIN (
                SELECT order_id, sku,
                  count(*) FILTER (WHERE kind = 'SALE') AS sales,
                  coalesce(sum(delta) FILTER (WHERE kind = 'SALE'), 0) AS sold,
                  count(*) FILTER (WHERE kind = 'RETURN') AS returns,
                  coalesce(sum(delta) FILTER (WHERE kind = 'RETURN'), 0) AS returned
                FROM movement WHERE kind IN ('SALE', 'RETURN') GROUP BY order_id, sku
              ) b USING (order_id, sku)",
    },
    Invariant {
        name: "no hold outlives its time",
        when: When::AtRest,
        sql: "SELECT format('ord_%s: held until %s', replace(order_id::text, '-', ''), expires_at) AS what,
                expires_at > clock_timestamp() - interval '1 minute' AS ok
              FROM reservation WHERE state = 'HELD'",
    },
];
