//! From a wish to a priced order, or to all that is wrong with it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use proto_events::ids::{ItemId, OrderId};
use serde_json::{Value, json};
use uuid::Uuid;
use web::{Faults, Problem};

use crate::api::place::NewOrder;
use crate::api::view::Address;
use crate::domain::commands::{QUANTITY_MAX, TOTAL_MINOR_MAX};
use crate::domain::{self, PlaceFault, PlaceRefused, Placed, PricedLine};
use crate::ids;
use crate::intake::Ask;
use crate::products::Product;
use crate::store::Head;

/// A placed order, and what else its row says.
#[derive(Debug)]
pub struct Priced {
    pub placed: Placed,
    pub head: Head,
}

/// Prices what was asked for from these products.
///
/// # Errors
/// Every refusal of an order.
pub fn price(
    ask: &Ask,
    products: &HashMap<String, Product>,
    id: OrderId,
    now: DateTime<Utc>,
) -> Result<Priced, Problem> {
    let wanted = &ask.wanted;
    let lines = lines(wanted, products)?;
    let currencies: Vec<String> = lines.iter().map(|line| line.currency.clone()).collect();
    let new = domain::NewOrder {
        id,
        user_id: ask.viewer.user_id,
        lines,
        expected_total: wanted.expected_total.map(|money| (money.amount_minor, money.currency.code().to_owned())),
        payment_method: wanted.payment_method.clone(),
    };
    let placed = domain::place(new, now).map_err(|refused| problem(refused, &currencies))?;
    let head = Head {
        number: ids::number(),
        customer_email: ask.email.clone(),
        customer_name: ask.name.clone(),
        shipping_address: stored(wanted.shipping_address.as_ref())?,
        billing_address: stored(wanted.billing_address.as_ref())?,
    };
    Ok(Priced { placed, head })
}

fn stored(address: Option<&Address>) -> Result<Option<Value>, Problem> {
    address.map(serde_json::to_value).transpose().map_err(Problem::internal)
}

fn lines(wanted: &NewOrder, products: &HashMap<String, Product>) -> Result<Vec<PricedLine>, Problem> {
    let mut unknown = Faults::new();
    let mut lines = Vec::with_capacity(wanted.items.len());
    for (index, item) in wanted.items.iter().enumerate() {
        let Some(product) = products.get(&item.sku) else {
            unknown.add(&format!("/items/{index}/sku"), "unknown_sku", "Nothing is sold under this SKU.");
            continue;
        };
        lines.push(PricedLine {
            id: ItemId(Uuid::now_v7()),
            sku: item.sku.clone(),
            product_id: product.id,
            seller_id: product.seller_id,
            name: product.name.clone(),
            quantity: item.quantity,
            unit_price_minor: product.price_minor,
            currency: product.currency.clone(),
        });
    }
    if unknown.is_empty() {
        return Ok(lines);
    }
    Err(unprocessable("unknown_sku", "Not all of this is sold here; `errors` says what is not.", unknown))
}

fn unprocessable(code: &'static str, detail: &'static str, faults: Faults) -> Problem {
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    problem.errors = faults.into_vec();
    problem
}

fn problem(refused: PlaceRefused, currencies: &[String]) -> Problem {
    match refused {
        PlaceRefused::Invalid(invalid) => {
            let mut faults = Faults::new();
            for fault in invalid {
                add(&mut faults, fault);
            }
            Problem::validation(faults.into_vec())
        }
        PlaceRefused::CurrencyMismatch => {
            let mut faults = Faults::new();
            let others = currencies.iter().enumerate().filter(|(_, currency)| Some(*currency) != currencies.first());
            for (index, currency) in others {
                let detail = format!("Is priced in {currency}, unlike the first item.");
                faults.add(&format!("/items/{index}/sku"), "currency_mismatch", detail);
            }
            unprocessable("currency_mismatch", "An order has one currency; `errors` says what has another.", faults)
        }
        PlaceRefused::PriceChanged { total_minor, currency } => {
            Problem::conflict("price_changed", "The total is not the expected one. Look at it again, and order anew.")
                .with("total", json!({"amount_minor": total_minor, "currency": currency}))
        }
    }
}

fn add(faults: &mut Faults, fault: PlaceFault) {
    match fault {
        PlaceFault::LineCount => faults.add("/items", "out_of_range", "Must be 1 to 50 items."),
        PlaceFault::Quantity { line } => {
            faults.add(&format!("/items/{line}/quantity"), "out_of_range", format!("Must be 1 to {QUANTITY_MAX}."));
        }
        PlaceFault::Total => {
            let detail = format!("Must add up to more than nothing, and to at most {TOTAL_MINOR_MAX} minor units.");
            faults.add("/items", "out_of_range", detail);
        }
    }
}
