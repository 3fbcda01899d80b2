//! The rules. Pure: what is known comes in as arguments.

use chrono::{DateTime, Utc};
use proto_events::Event;
use proto_events::catalog::v1::{self as wire, ProductArchived, ProductCreated, ProductUpdated};
use proto_events::ids::{ProductId, SellerId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::Money;
use web::token::{Claims, Role};

/// Where a product is in its life. Every change between them is allowed: what was archived may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = ProductStatus)]
pub enum Status {
    /// Seen by its seller only.
    Draft,
    /// For sale.
    Active,
    /// No longer for sale, seen by its seller only.
    Archived,
}

impl Status {
    pub const ALL: [Status; 3] = [Status::Draft, Status::Active, Status::Archived];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Status::Draft => "DRAFT",
            Status::Active => "ACTIVE",
            Status::Archived => "ARCHIVED",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    fn on_the_wire(self) -> wire::ProductStatus {
        match self {
            Status::Draft => wire::ProductStatus::Draft,
            Status::Active => wire::ProductStatus::Active,
            Status::Archived => wire::ProductStatus::Archived,
        }
    }
}

/// What is, was or will be for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    pub sku: String,
    pub name: String,
    pub description: String,
    pub price: Money,
    pub status: Status,
    /// None where the shop itself sells it.
    pub seller_id: Option<SellerId>,
    pub image_url: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is to be different; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub name: Option<String>,
    pub description: Option<String>,
    pub price: Option<Money>,
    pub status: Option<Status>,
    /// `Some(None)` takes the image away.
    pub image_url: Option<Option<String>>,
}

impl Change {
    /// The change that archives.
    pub fn archive() -> Self {
        Self { status: Some(Status::Archived), ..Self::default() }
    }

    /// The product with this change, one version on; `None` when it is like that already.
    pub fn apply(self, product: &Product) -> Option<Product> {
        let changed = Product {
            name: self.name.unwrap_or_else(|| product.name.clone()),
            description: self.description.unwrap_or_else(|| product.description.clone()),
            price: self.price.unwrap_or(product.price),
            status: self.status.unwrap_or(product.status),
            image_url: self.image_url.unwrap_or_else(|| product.image_url.clone()),
            ..product.clone()
        };
        (changed != *product).then(|| Product { version: product.version + 1, ..changed })
    }
}

/// The event that tells how a product came to be as it is now. `before` is `None` for a new one.
pub fn event(before: Option<&Product>, after: &Product) -> Event {
    let product = Some(wire::Product {
        product_id: after.id.to_string(),
        sku: after.sku.clone(),
        name: after.name.clone(),
        price: Some(proto_events::Money::new(after.price.amount_minor, after.price.currency.code())),
        status: after.status.on_the_wire().into(),
        seller_id: after.seller_id.map(|seller| seller.to_string()).unwrap_or_default(),
        version: after.version,
    });
    match (before.map(|before| before.status), after.status) {
        (None, _) => ProductCreated { product }.into(),
        (Some(Status::Draft | Status::Active), Status::Archived) => ProductArchived { product }.into(),
        (Some(_), _) => ProductUpdated { product }.into(),
    }
}

/// Who looks at products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Public,
    Seller(SellerId),
    Admin,
}

impl Viewer {
    pub fn of(caller: Option<&Claims>) -> Self {
        let Some(claims) = caller else { return Viewer::Public };
        match claims.seller_id {
            _ if claims.has(Role::Admin) => Viewer::Admin,
            Some(seller_id) if claims.has(Role::Seller) => Viewer::Seller(seller_id),
            _ => Viewer::Public,
        }
    }

    /// Whether the product is there for them at all.
    pub fn sees(self, product: &Product) -> bool {
        product.status == Status::Active || self.may_change(product)
    }

    pub fn may_change(self, product: &Product) -> bool {
        match self {
            Viewer::Public => false,
            Viewer::Seller(seller_id) => product.seller_id == Some(seller_id),
            Viewer::Admin => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const OWN: SellerId = SellerId(Uuid::from_u128(1));
    const OTHER: SellerId = SellerId(Uuid::from_u128(2));

    fn product(status: Status, seller_id: Option<SellerId>) -> Product {
        let currency = "EUR".parse().expect("EUR is sold in");
        Product {
            id: ProductId(Uuid::nil()),
            sku: "MUG".to_owned(),
            name: "Mug".to_owned(),
            description: String::new(),
            price: Money::new(1999, currency),
            status,
            seller_id,
            image_url: Some("/mug.webp".to_owned()),
            version: 7,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_not_active_is_seen_by_those_who_may_change_it() {
        let viewers = [Viewer::Public, Viewer::Seller(OWN), Viewer::Seller(OTHER), Viewer::Admin];
        let seen = |status, owner| viewers.map(|viewer| viewer.sees(&product(status, owner)));
        for owner in [None, Some(OWN)] {
            assert_eq!(seen(Status::Active, owner), [true; 4]);
        }
        for status in [Status::Draft, Status::Archived] {
            assert_eq!(seen(status, Some(OWN)), [false, true, false, true]);
            assert_eq!(seen(status, None), [false, false, false, true]);
        }
    }

    #[test]
    fn a_change_that_changes_nothing_is_none() {
        let product = product(Status::Active, None);
        assert_eq!(Change::default().apply(&product), None);
        let same = Change { name: Some("Mug".to_owned()), status: Some(Status::Active), ..Change::default() };
        assert_eq!(same.apply(&product), None);
    }

    #[test]
    fn an_image_can_be_taken_away() {
        let change = Change { image_url: Some(None), ..Change::default() };
        let changed = change.apply(&product(Status::Active, None)).expect("a change");
        assert_eq!((changed.image_url, changed.version), (None, 8));
    }

    #[test]
    fn the_event_says_what_happened() {
        let kinds = |before: Option<Status>, after| {
            let before = before.map(|status| product(status, None));
            event(before.as_ref(), &product(after, None)).event_type()
        };
        use proto_events::EventType::{ProductArchived, ProductCreated, ProductUpdated};
        assert_eq!(kinds(None, Status::Archived), ProductCreated);
        assert_eq!(kinds(Some(Status::Draft), Status::Active), ProductUpdated);
        assert_eq!(kinds(Some(Status::Active), Status::Archived), ProductArchived);
        assert_eq!(kinds(Some(Status::Archived), Status::Archived), ProductUpdated);
        assert_eq!(kinds(Some(Status::Archived), Status::Active), ProductUpdated);
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let status = prop::option::of(prop::sample::select(Status::ALL.to_vec()));
        let text = || prop::option::of("[a-c]{1,2}");
        let image_url = prop::option::of(prop::option::of("/[a-b]"));
        (text(), text(), status, image_url).prop_map(|(name, description, status, image_url)| Change {
            name,
            description,
            price: None,
            status,
            image_url,
        })
    }

    proptest! {
        #[test]
        fn applying_a_change_twice_changes_nothing_more(change in any_change()) {
            let before = product(Status::Draft, Some(OWN));
            if let Some(after) = change.clone().apply(&before) {
                prop_assert_eq!(after.version, before.version + 1);
                prop_assert_eq!((&after.sku, after.id, after.seller_id), (&before.sku, before.id, before.seller_id));
                prop_assert_eq!(change.apply(&after), None);
            }
        }
    }
}
