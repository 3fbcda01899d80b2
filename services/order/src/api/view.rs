//! An order as the API shows it.

use chrono::{DateTime, Utc};
use proto_events::ids::{ItemId, OrderId, ProductId, SellerId, ShipmentId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Currency, Money, Problem};

use crate::domain::{self, Action, Line, Order, Role, Shipment};
use crate::store::Whole;

use super::Viewer;

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderView {
    #[schema(value_type = String, example = "ord_01900000000070008000000000000001")]
    pub id: OrderId,
    /// For people.
    #[schema(example = "W-7K3M9-Q2XTB")]
    pub number: String,
    pub customer: OrderCustomer,
    pub currency: Currency,
    /// CREATED, PAYMENT_PENDING, PAID, SHIPPED, DELIVERED or CANCELLED.
    #[schema(example = "PAID")]
    pub status: &'static str,
    /// OUT_OF_STOCK, PAYMENT_FAILED, EXPIRED, BUYER, ADMIN or LATE_PAYMENT; null unless CANCELLED.
    pub cancel_reason: Option<&'static str>,
    /// In the words of whoever cancelled.
    pub cancel_note: Option<String>,
    /// NONE, PENDING, PROCESSING, PAID, FAILED, VOIDED, PARTIALLY_REFUNDED or REFUNDED.
    #[schema(example = "PAID")]
    pub payment_status: &'static str,
    /// UNFULFILLED, PARTIAL, SHIPPED or DELIVERED.
    #[schema(example = "UNFULFILLED")]
    pub fulfillment_status: &'static str,
    pub items: Vec<OrderItem>,
    pub totals: OrderTotals,
    /// Whether the prices hold the tax.
    pub tax_included: bool,
    pub total: Money,
    pub shipping_address: Option<Address>,
    pub billing_address: Option<Address>,
    pub shipments: Vec<ShipmentView>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Until when the buyer may take a paid order back; null before it is PAID.
    pub cancellable_until: Option<DateTime<Utc>>,
    /// What the caller can do now: pay, cancel, ship, deliver, refund.
    #[schema(value_type = Vec<String>, example = json!(["pay", "cancel"]))]
    pub allowed_actions: Vec<&'static str>,
    #[serde(skip)]
    version: i64,
}

/// Who ordered.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderCustomer {
    #[schema(value_type = Option<String>)]
    pub user_id: Option<UserId>,
    pub email: String,
    pub name: String,
}

/// A line of an order, priced when it was placed.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderItem {
    #[schema(value_type = String, example = "itm_01900000000070008000000000000001")]
    pub id: ItemId,
    pub sku: String,
    #[schema(value_type = String)]
    pub product_id: ProductId,
    /// Null where the shop itself sells it.
    #[schema(value_type = Option<String>)]
    pub seller_id: Option<SellerId>,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub line_total: Money,
}

/// What the total is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTotals {
    pub items: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
}

/// Where goods or an invoice go.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(min_length = 1, max_length = 200)]
    pub line1: String,
    #[schema(max_length = 200)]
    pub line2: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    pub city: String,
    #[schema(min_length = 1, max_length = 20)]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    pub country: String,
    #[schema(max_length = 40)]
    pub phone: Option<String>,
}

/// What left the warehouse together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shipment)]
pub struct ShipmentView {
    #[schema(value_type = String, example = "shp_01900000000070008000000000000001")]
    pub id: ShipmentId,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub items: Vec<ShipmentItem>,
    pub shipped_at: DateTime<Utc>,
    pub delivered_at: Option<DateTime<Utc>>,
}

/// How many of an order's line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentItem {
    #[schema(value_type = String, pattern = "^itm_[0-9a-f]{32}$")]
    pub item_id: ItemId,
    #[schema(minimum = 1, maximum = 100)]
    pub quantity: u32,
}

impl OrderView {
    /// The order as `viewer` sees it at `now`, by the database's clock.
    ///
    /// # Errors
    /// 500 when what is stored does not read.
    pub fn of(whole: &Whole, viewer: Viewer, now: DateTime<Utc>) -> Result<Self, Problem> {
        let order = &whole.stored.order;
        let currency: Currency = order.currency.parse().map_err(Problem::internal)?;
        let money = |minor| Money::new(minor, currency);
        let address = |stored: &Option<serde_json::Value>| {
            stored.as_ref().map(Address::deserialize).transpose().map_err(Problem::internal)
        };
        let cancel = order.facts.cancel_requested.as_ref();
        Ok(Self {
            id: order.id,
            number: whole.head.number.clone(),
            customer: OrderCustomer {
                user_id: Some(order.user_id),
                email: whole.head.customer_email.clone(),
                name: whole.head.customer_name.clone(),
            },
            currency,
            status: domain::status(order).as_str(),
            cancel_reason: domain::cancel_reason(order).map(domain::CancelReason::as_str),
            cancel_note: cancel.map(|cancel| cancel.note.clone()).filter(|note| !note.is_empty()),
            payment_status: domain::payment_status(order).as_str(),
            fulfillment_status: domain::fulfillment_status(order).as_str(),
            items: whole.lines.iter().map(|line| item(line, currency)).collect(),
            totals: OrderTotals {
                items: money(order.total_minor),
                discount: money(0),
                shipping: money(0),
                tax: money(0),
            },
            tax_included: true,
            total: money(order.total_minor),
            shipping_address: address(&whole.head.shipping_address)?,
            billing_address: address(&whole.head.billing_address)?,
            shipments: whole.shipments.iter().map(shipment).collect(),
            created_at: order.created_at,
            updated_at: whole.stored.updated_at,
            cancellable_until: domain::cancellable_until(order),
            allowed_actions: allowed(order, viewer, now).into_iter().map(Action::as_str).collect(),
            version: whole.stored.version,
        })
    }

    /// The number of the ETag. What is allowed changes with time alone, so it is a part of it.
    pub fn etag(&self) -> i64 {
        let bit = |action: &Action| i64::from(self.allowed_actions.contains(&action.as_str()));
        ACTIONS.iter().fold(self.version, |tag, action| tag << 1 | bit(action))
    }
}

const ACTIONS: [Action; 5] = [Action::Pay, Action::Cancel, Action::Ship, Action::Deliver, Action::Refund];

/// An admin who ordered for themselves can do both parts' actions.
fn allowed(order: &Order, viewer: Viewer, now: DateTime<Utc>) -> Vec<Action> {
    let of = |role, acts| if acts { domain::allowed_actions(order, role, now) } else { Vec::new() };
    let (buyer, admin) = (of(Role::Buyer, viewer.owns(order)), of(Role::Admin, viewer.is_admin));
    ACTIONS.into_iter().filter(|action| buyer.contains(action) || admin.contains(action)).collect()
}

fn item(line: &Line, currency: Currency) -> OrderItem {
    OrderItem {
        id: line.id,
        sku: line.sku.clone(),
        product_id: line.product_id,
        seller_id: line.seller_id,
        name: line.name.clone(),
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price_minor, currency),
        line_total: Money::new(line.line_total_minor, currency),
    }
}

fn shipment(shipment: &Shipment) -> ShipmentView {
    let items = shipment.items.iter().map(|item| ShipmentItem { item_id: item.item_id, quantity: item.quantity });
    ShipmentView {
        id: shipment.id,
        carrier: shipment.carrier.clone(),
        tracking_number: shipment.tracking_number.clone(),
        items: items.collect(),
        shipped_at: shipment.shipped_at,
        delivered_at: shipment.delivered_at,
    }
}
