//! The tables of `migrations/`, as diesel sees them.

diesel::table! {
    orders (id) {
        id -> Uuid,
        user_id -> Uuid,
        currency -> Text,
        total_minor -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> BigInt,
        event_seq -> BigInt,
        status -> Text,
        reserved_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        payment_deadline -> Nullable<Timestamptz>,
        rejected_at -> Nullable<Timestamptz>,
        rejected_lines -> Nullable<Jsonb>,
        initiated_at -> Nullable<Timestamptz>,
        unknown_at -> Nullable<Timestamptz>,
        paid_at -> Nullable<Timestamptz>,
        captured_minor -> Nullable<BigInt>,
        failed_at -> Nullable<Timestamptz>,
        failure_reason -> Nullable<Text>,
        decline_code -> Nullable<Text>,
        committed_at -> Nullable<Timestamptz>,
        stock_lost_at -> Nullable<Timestamptz>,
        stock_lost_lines -> Nullable<Jsonb>,
        cancel_requested_at -> Nullable<Timestamptz>,
        cancelled_by -> Nullable<Text>,
        cancelled_by_user -> Nullable<Uuid>,
        cancel_note -> Nullable<Text>,
        refunded_at -> Nullable<Timestamptz>,
        refunded_minor -> Nullable<BigInt>,
        refund_failed_at -> Nullable<Timestamptz>,
        refund_failed_id -> Nullable<Uuid>,
        refund_failed_minor -> Nullable<BigInt>,
        refund_failed_code -> Nullable<Text>,
        first_shipped_at -> Nullable<Timestamptz>,
        shipped_at -> Nullable<Timestamptz>,
        delivered_at -> Nullable<Timestamptz>,
        delivered_by -> Nullable<Uuid>,
        number -> Text,
        customer_email -> Text,
        customer_name -> Text,
        lines -> Jsonb,
        shipping_address -> Nullable<Jsonb>,
        billing_address -> Nullable<Jsonb>,
    }
}

diesel::table! {
    product (sku) {
        sku -> Text,
        product_id -> Uuid,
        seller_id -> Nullable<Uuid>,
        name -> Text,
        price_minor -> BigInt,
        currency -> Text,
        status -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    shipment (id) {
        id -> Uuid,
        order_id -> Uuid,
        carrier -> Nullable<Text>,
        tracking_number -> Nullable<Text>,
        items -> Jsonb,
        shipped_at -> Timestamptz,
        shipped_by -> Uuid,
        delivered_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(shipment -> orders (order_id));
diesel::allow_tables_to_appear_in_same_query!(orders, product, shipment,);
