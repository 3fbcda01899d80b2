//! The tables of `migrations/`, as diesel sees them.

diesel::table! {
    attempt (id) {
        id -> Uuid,
        order_id -> Uuid,
        number -> Integer,
        method -> Text,
        state -> Text,
        decline_code -> Nullable<Text>,
        started_at -> Timestamptz,
        request -> Nullable<Bytea>,
        request_sha256 -> Nullable<Bytea>,
    }
}

diesel::table! {
    payment (order_id) {
        order_id -> Uuid,
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        amount_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        method -> Nullable<Text>,
        deadline -> Nullable<Timestamptz>,
        closed -> Nullable<Text>,
        initiated -> Bool,
        intent_id -> Nullable<Text>,
        intent_state -> Nullable<Text>,
        captured_minor -> BigInt,
        mismatch_minor -> Nullable<BigInt>,
        mismatch_currency -> Nullable<Text>,
        refund_target_minor -> BigInt,
        refund_given_up_minor -> BigInt,
        final_word -> Nullable<Text>,
        shipped -> Bool,
        due_at -> Nullable<Timestamptz>,
        fruitless_calls -> Integer,
        event_seq -> BigInt,
        traceparent -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    refund (id) {
        id -> Uuid,
        order_id -> Uuid,
        amount_minor -> BigInt,
        state -> Text,
        reason -> Text,
        failure_code -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(attempt, payment, refund);
