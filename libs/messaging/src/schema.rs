//! The tables of `migrations/`, as diesel sees them.

diesel::table! {
    dead_letter (id) {
        id -> Text,
        position -> BigInt,
        topic -> Text,
        partition -> Integer,
        kafka_offset -> BigInt,
        key -> Nullable<Text>,
        event_id -> Nullable<Uuid>,
        event_type -> Nullable<Text>,
        headers -> Array<Text>,
        payload -> Nullable<Bytea>,
        state -> Text,
        error_class -> Nullable<Text>,
        error -> Nullable<Text>,
        attempts -> Integer,
        created_at -> Timestamptz,
        replayed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        topic -> Text,
        key -> Nullable<Text>,
        event_id -> Nullable<Uuid>,
        event_type -> Nullable<Text>,
        aggregate_seq -> Nullable<BigInt>,
        traceparent -> Nullable<Text>,
        headers -> Nullable<Array<Text>>,
        payload -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}
