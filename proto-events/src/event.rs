//! The table of all events: wire name, topic, payload.

use prost::Message;

use crate::{Topic, auth, catalog, inventory, order, payment};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($payload:ty) = $wire:literal on $topic:ident;)*) => {
        /// What an event is about, without its payload.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[$doc])* $name,)*
        }

        impl EventType {
            pub const ALL: &'static [EventType] = &[$(EventType::$name,)*];

            /// The CloudEvents type: reverse-domain name and major version.
            pub const fn wire_name(self) -> &'static str {
                match self { $(EventType::$name => $wire,)* }
            }

            pub const fn topic(self) -> Topic {
                match self { $(EventType::$name => Topic::$topic,)* }
            }

            /// Finds the type of a wire name; `None` for a type or major version that this build does not know.
            pub fn from_wire_name(name: &str) -> Option<Self> {
                match name { $($wire => Some(EventType::$name),)* _ => None }
            }
        }

        /// A fact that one service tells the others.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name($payload),)*
        }

        impl Event {
            pub fn event_type(&self) -> EventType {
                match self { $(Event::$name(_) => EventType::$name,)* }
            }

            pub fn encode(&self) -> Vec<u8> {
                match self { $(Event::$name(payload) => payload.encode_to_vec(),)* }
            }

            /// # Errors
            /// When `bytes` are not a message of this type.
            pub fn decode(event_type: EventType, bytes: &[u8]) -> Result<Self, prost::DecodeError> {
                Ok(match event_type { $(EventType::$name => Event::$name(<$payload>::decode(bytes)?),)* })
            }
        }

        $(impl From<$payload> for Event {
            fn from(payload: $payload) -> Self {
                Event::$name(payload)
            }
        })*
    };
}

events! {
    OrderCreated(order::v1::OrderCreated) = "waybill.order.created.v1" on Order;
    OrderCancelled(order::v1::OrderCancelled) = "waybill.order.cancelled.v1" on Order;
    /// The money is captured and the stock is committed.
    OrderPaid(order::v1::OrderPaid) = "waybill.order.paid.v1" on Order;
    OrderShipped(order::v1::OrderShipped) = "waybill.order.shipped.v1" on Order;
    OrderDelivered(order::v1::OrderDelivered) = "waybill.order.delivered.v1" on Order;

    InventoryReserved(inventory::v1::InventoryReserved) = "waybill.inventory.reserved.v1" on Inventory;
    InventoryRejected(inventory::v1::InventoryRejected) = "waybill.inventory.rejected.v1" on Inventory;
    InventoryCommitted(inventory::v1::InventoryCommitted) = "waybill.inventory.committed.v1" on Inventory;
    InventoryCommitRejected(inventory::v1::InventoryCommitRejected) = "waybill.inventory.commit_rejected.v1" on Inventory;
    InventoryReleased(inventory::v1::InventoryReleased) = "waybill.inventory.released.v1" on Inventory;
    StockLow(inventory::v1::StockLow) = "waybill.inventory.stock_low.v1" on Inventory;

    PaymentInitiated(payment::v1::PaymentInitiated) = "waybill.payment.initiated.v1" on Payment;
    PaymentUnknown(payment::v1::PaymentUnknown) = "waybill.payment.unknown.v1" on Payment;
    PaymentSuccess(payment::v1::PaymentSuccess) = "waybill.payment.success.v1" on Payment;
    PaymentFailed(payment::v1::PaymentFailed) = "waybill.payment.failed.v1" on Payment;
    PaymentRefunded(payment::v1::PaymentRefunded) = "waybill.payment.refunded.v1" on Payment;
    RefundFailed(payment::v1::RefundFailed) = "waybill.payment.refund_failed.v1" on Payment;

    ProductCreated(catalog::v1::ProductCreated) = "waybill.catalog.product_created.v1" on Catalog;
    ProductUpdated(catalog::v1::ProductUpdated) = "waybill.catalog.product_updated.v1" on Catalog;
    ProductArchived(catalog::v1::ProductArchived) = "waybill.catalog.product_archived.v1" on Catalog;

    UserRegistered(auth::v1::UserRegistered) = "waybill.auth.user_registered.v1" on Auth;
    UserRolesChanged(auth::v1::UserRolesChanged) = "waybill.auth.user_roles_changed.v1" on Auth;
}

impl EventType {
    /// Whether a wire name is one of ours in a major version that this build does not know.
    pub fn is_unknown_version(name: &str) -> bool {
        let stem = |wire: &str| wire.rsplit_once(".v").map(|(stem, _)| stem.to_owned());
        Self::from_wire_name(name).is_none()
            && stem(name)
                .is_some_and(|unknown| Self::ALL.iter().any(|t| stem(t.wire_name()).as_ref() == Some(&unknown)))
    }
}
