//! The tables of this service.

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Text,
        roles -> Array<Text>,
        seller_id -> Nullable<Uuid>,
        email_verified -> Bool,
        version -> BigInt,
        event_seq -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}
