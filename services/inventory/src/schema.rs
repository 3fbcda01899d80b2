//! The tables of `migrations/`, as diesel sees them.

diesel::table! {
    product_owner (sku) {
        sku -> Text,
        seller_id -> Nullable<Uuid>,
        version -> BigInt,
    }
}

diesel::table! {
    reservation (order_id) {
        order_id -> Uuid,
        reservation_id -> Uuid,
        origin -> Text,
        state -> Text,
        lines -> Jsonb,
        expires_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        event_seq -> BigInt,
    }
}

diesel::table! {
    stock (sku) {
        sku -> Text,
        on_hand -> BigInt,
        reserved -> BigInt,
        version -> BigInt,
        on_hand_at_version -> BigInt,
        low_announced -> Bool,
        event_seq -> BigInt,
    }
}

diesel::table! {
    stock_movement (sku, id) {
        id -> BigInt,
        sku -> Text,
        kind -> Text,
        delta -> BigInt,
        on_hand_after -> BigInt,
        reason -> Text,
        actor -> Nullable<Uuid>,
        order_id -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(product_owner, reservation, stock, stock_movement,);
