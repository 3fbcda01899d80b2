//! The tables of this service.

diesel::table! {
    product (id) {
        id -> Uuid,
        sku -> Text,
        name -> Text,
        description -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        status -> Text,
        seller_id -> Nullable<Uuid>,
        image_url -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}
