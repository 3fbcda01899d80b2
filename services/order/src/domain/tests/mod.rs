use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proto_events::ids::{ItemId, OrderId, ProductId, RefundId, ShipmentId, UserId};
use proto_events::{Event, EventType, Money, inventory, payment};
use uuid::Uuid;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn admin() -> UserId {
    UserId(Uuid::from_u128(9))
}

fn priced(number: u128, quantity: u32, unit_price_minor: i64) -> PricedLine {
    PricedLine {
        id: ItemId(Uuid::from_u128(number)),
        sku: format!("SKU-{number}"),
        product_id: ProductId(Uuid::from_u128(number)),
        seller_id: None,
        name: "A thing".to_owned(),
        quantity,
        unit_price_minor,
        currency: "EUR".to_owned(),
    }
}

fn new_order(lines: Vec<PricedLine>) -> NewOrder {
    NewOrder {
        id: OrderId(Uuid::from_u128(1)),
        user_id: UserId(Uuid::from_u128(2)),
        lines,
        expected_total: None,
        payment_method: None,
    }
}

fn placed() -> Placed {
    place(new_order(vec![priced(1, 2, 500), priced(2, 1, 250)]), at(0)).unwrap()
}

fn reserved() -> Fact {
    Fact::Reserved { expires_at: at(900), payment_deadline: at(780) }
}

fn paid() -> Fact {
    Fact::Paid { captured_minor: 1250 }
}

fn failed(reason: FailureReason) -> Fact {
    Fact::Failed { reason, decline_code: None }
}

/// The order after `facts`, the first heard at second 1, the next at 2 and so on.
fn after(facts: &[Fact]) -> Order {
    (1..).zip(facts).fold(placed().order, |order, (second, fact)| on_fact(order, fact, at(second)).0)
}

fn paid_order() -> Order {
    after(&[reserved(), paid(), Fact::Committed])
}

fn request(by: CancelledBy, seconds: i64) -> CancelRequested {
    CancelRequested { at: at(seconds), by, user_id: Some(admin()), note: "changed my mind".to_owned() }
}

fn shipment(items: Option<Vec<LineToShip>>) -> NewShipment {
    NewShipment { id: ShipmentId(Uuid::from_u128(7)), carrier: None, tracking_number: None, items, by: admin() }
}

#[test]
fn an_order_is_created_with_its_total() {
    let placed = placed();
    assert_eq!(placed.order.total_minor, 1250);
    assert_eq!(placed.lines[0].line_total_minor, 1000);
    assert_eq!(status(&placed.order), Status::Created);
    let [Event::OrderCreated(created)] = placed.events.as_slice() else { panic!("{:?}", placed.events) };
    assert_eq!(created.total, Some(Money::new(1250, "EUR")));
    assert_eq!(created.lines.len(), 2);
}

#[test]
fn all_that_is_wrong_with_the_lines_is_said_at_once() {
    let refused = |lines| place(new_order(lines), at(0)).unwrap_err();
    assert_eq!(refused(vec![]), PlaceRefused::Invalid(vec![PlaceFault::LineCount]));
    let many = (0..51).map(|number| priced(number, 1, 1)).collect();
    assert_eq!(refused(many), PlaceRefused::Invalid(vec![PlaceFault::LineCount]));
    assert_eq!(
        refused(vec![priced(1, 0, 1), priced(2, 1, 1), priced(3, 101, 1)]),
        PlaceRefused::Invalid(vec![PlaceFault::Quantity { line: 0 }, PlaceFault::Quantity { line: 2 }])
    );
}

#[test]
fn a_total_of_nothing_or_one_that_does_not_fit_is_refused() {
    for price in [0, -1, i64::MAX, i64::MIN, commands::TOTAL_MINOR_MAX + 1] {
        let refused = place(new_order(vec![priced(1, 1, price)]), at(0)).unwrap_err();
        assert_eq!(refused, PlaceRefused::Invalid(vec![PlaceFault::Total]), "{price}");
    }
    assert!(place(new_order(vec![priced(1, 100, i64::MAX / 50)]), at(0)).is_err());
    assert!(place(new_order(vec![priced(1, 1, commands::TOTAL_MINOR_MAX)]), at(0)).is_ok());
}

#[test]
fn two_currencies_or_another_total_than_shown_are_refused() {
    let dollars = PricedLine { currency: "USD".to_owned(), ..priced(2, 1, 1) };
    let mixed = place(new_order(vec![priced(1, 1, 1), dollars]), at(0));
    assert_eq!(mixed.unwrap_err(), PlaceRefused::CurrencyMismatch);
    for shown in [(999, "EUR"), (500, "USD")] {
        let expected_total = Some((shown.0, shown.1.to_owned()));
        let new = NewOrder { expected_total, ..new_order(vec![priced(1, 1, 500)]) };
        let changed = PlaceRefused::PriceChanged { total_minor: 500, currency: "EUR".to_owned() };
        assert_eq!(place(new, at(0)).unwrap_err(), changed);
    }
}

#[test]
fn an_order_walks_to_paid_and_says_so_once() {
    let (order, said) = on_fact(placed().order, &reserved(), at(1));
    assert_eq!(
        (status(&order), payment_status(&order), said),
        (Status::PaymentPending, PaymentStatus::Pending, vec![])
    );
    let (order, said) = on_fact(order, &paid(), at(2));
    assert_eq!((status(&order), said), (Status::PaymentPending, vec![]));
    let (order, said) = on_fact(order, &Fact::Committed, at(3));
    assert_eq!(status(&order), Status::Paid);
    assert_eq!(said.iter().map(Event::event_type).collect::<Vec<_>>(), [EventType::OrderPaid]);
    let (again, said) = on_fact(order.clone(), &Fact::Committed, at(4));
    assert_eq!((again, said), (order, vec![]));
}

#[test]
fn each_end_names_its_reason() {
    let short = vec![ShortLine { sku: "A".to_owned(), requested: 2, available: 1 }];
    let late = Fact::StockLost { short_lines: short.clone() };
    for (facts, reason, money) in [
        (vec![Fact::Rejected { short_lines: short }], CancelReason::OutOfStock, PaymentStatus::Voided),
        (vec![failed(FailureReason::Declined)], CancelReason::PaymentFailed, PaymentStatus::Failed),
        (vec![failed(FailureReason::Expired)], CancelReason::Expired, PaymentStatus::Voided),
        (vec![paid(), late.clone()], CancelReason::LatePayment, PaymentStatus::Paid),
        (vec![paid(), late, Fact::Refunded { total_minor: 1250 }], CancelReason::LatePayment, PaymentStatus::Refunded),
    ] {
        let order = after(&facts);
        assert_eq!(status(&order), Status::Cancelled, "{facts:?}");
        assert_eq!((cancel_reason(&order), payment_status(&order)), (Some(reason), money), "{facts:?}");
    }
}

#[test]
fn a_cancelled_order_never_turns_paid() {
    let (order, said) = cancel(after(&[reserved(), paid()]), request(CancelledBy::Buyer, 5)).unwrap();
    assert_eq!(said.iter().map(Event::event_type).collect::<Vec<_>>(), [EventType::OrderCancelled]);
    let (order, said) = on_fact(order, &Fact::Committed, at(6));
    assert_eq!((status(&order), said), (Status::Cancelled, vec![]));
    assert_eq!(cancel_reason(&order), Some(CancelReason::Buyer));
}

#[test]
fn a_buyer_may_take_a_paid_order_back_for_a_minute() {
    let order = paid_order();
    assert_eq!(cancellable_until(&order), Some(at(63)));
    assert!(cancel(order.clone(), request(CancelledBy::Buyer, 62)).is_ok());
    let late = cancel(order.clone(), request(CancelledBy::Buyer, 63)).unwrap_err();
    assert_eq!(late, Refused::CancellationWindowClosed { from: Status::Paid, closed_at: Some(at(63)) });
    assert!(cancel(order, request(CancelledBy::Admin, 100_000)).is_ok());
}

#[test]
fn a_part_that_left_ends_cancelling_and_the_rest_can_follow() {
    let lines = placed().lines;
    let part = shipment(Some(vec![LineToShip { item_id: lines[0].id, quantity: 1 }]));
    let (order, first, _) = ship(paid_order(), &lines, &[], part, at(10)).unwrap();
    assert_eq!((status(&order), fulfillment_status(&order)), (Status::Paid, FulfillmentStatus::Partial));
    for by in [CancelledBy::Buyer, CancelledBy::Admin] {
        let refused = cancel(order.clone(), request(by, 11)).unwrap_err();
        assert_eq!(refused, Refused::CancellationWindowClosed { from: Status::Paid, closed_at: None });
    }
    let too_many = shipment(Some(vec![LineToShip { item_id: lines[0].id, quantity: 2 }]));
    let refused = ship(order.clone(), &lines, std::slice::from_ref(&first), too_many, at(11)).unwrap_err();
    assert_eq!(refused, Refused::QuantityToShip { index: 0, remaining: 1 });
    let (order, rest, _) = ship(order, &lines, &[first], shipment(None), at(12)).unwrap();
    assert_eq!(rest.items.iter().map(|item| item.quantity).collect::<Vec<_>>(), [1, 1]);
    assert_eq!((status(&order), fulfillment_status(&order)), (Status::Shipped, FulfillmentStatus::Shipped));
    let (order, said) = deliver(order, admin(), at(20)).unwrap();
    assert_eq!(status(&order), Status::Delivered);
    assert_eq!(said.iter().map(Event::event_type).collect::<Vec<_>>(), [EventType::OrderDelivered]);
}

#[test]
fn what_cannot_be_done_says_from_where_and_what_can() {
    let refused = ship(placed().order, &placed().lines, &[], shipment(None), at(1)).unwrap_err();
    let from_created =
        |attempted| Refused::InvalidTransition { from: Status::Created, attempted, allowed: vec![Action::Cancel] };
    assert_eq!(refused, from_created(Action::Ship));
    assert_eq!(deliver(placed().order, admin(), at(1)).unwrap_err(), from_created(Action::Deliver));
    let refused = deliver(paid_order(), admin(), at(1)).unwrap_err();
    let allowed = vec![Action::Ship, Action::Refund, Action::Cancel];
    assert_eq!(refused, Refused::InvalidTransition { from: Status::Paid, attempted: Action::Deliver, allowed });
    let cancelled = after(&[failed(FailureReason::Expired)]);
    let refused = cancel(cancelled, request(CancelledBy::Admin, 9)).unwrap_err();
    let expected = Refused::InvalidTransition { from: Status::Cancelled, attempted: Action::Cancel, allowed: vec![] };
    assert_eq!(refused, expected);
}

#[test]
fn a_shipment_of_strange_or_no_items_is_refused() {
    let strange = LineToShip { item_id: ItemId(Uuid::from_u128(99)), quantity: 1 };
    let ships = |items| ship(paid_order(), &placed().lines, &[], shipment(Some(items)), at(9)).unwrap_err();
    assert_eq!(ships(vec![strange]), Refused::UnknownItem { index: 0 });
    assert_eq!(ships(vec![]), Refused::QuantityToShip { index: 0, remaining: 0 });
    let line = LineToShip { item_id: placed().lines[1].id, quantity: 1 };
    assert_eq!(ships(vec![line, line]), Refused::QuantityToShip { index: 1, remaining: 0 });
}

#[test]
fn the_watchdog_ends_only_what_is_overdue() {
    let created = placed().order;
    let due = overdue_at(&created).unwrap();
    assert!(
        cancel(created.clone(), CancelRequested { at: due - TimeDelta::seconds(1), ..request(CancelledBy::System, 0) })
            .is_err()
    );
    let (ended, _) = cancel(created, CancelRequested { at: due, ..request(CancelledBy::System, 0) }).unwrap();
    assert_eq!(cancel_reason(&ended), Some(CancelReason::Expired));
    assert_eq!(overdue_at(&after(&[reserved()])), Some(at(900 + 15 * 60)));
    assert_eq!(overdue_at(&paid_order()), None);
    assert!(cancel(paid_order(), request(CancelledBy::System, 1_000_000)).is_err());
}

#[test]
fn actions_depend_on_who_looks_and_when() {
    let pending = after(&[reserved()]);
    assert_eq!(allowed_actions(&pending, Role::Buyer, at(5)), [Action::Pay, Action::Cancel]);
    assert_eq!(allowed_actions(&pending, Role::Buyer, at(780)), [Action::Cancel]);
    assert_eq!(allowed_actions(&paid_order(), Role::Buyer, at(10)), [Action::Cancel]);
    assert_eq!(allowed_actions(&paid_order(), Role::Buyer, at(1000)), []);
    assert_eq!(allowed_actions(&paid_order(), Role::Admin, at(1000)), [Action::Ship, Action::Refund, Action::Cancel]);
}

#[test]
fn the_timeline_tells_all_facts_in_the_order_of_time() {
    let (order, _) = cancel(paid_order(), request(CancelledBy::Buyer, 10)).unwrap();
    let (order, _) = on_fact(order, &Fact::Refunded { total_minor: 1250 }, at(11));
    let names: Vec<_> = timeline(&order, &[]).iter().map(|entry| entry.fact).collect();
    let expected = ["created", "stock_reserved", "payment_captured", "stock_committed", "cancel_requested", "refunded"];
    assert_eq!(names, expected);
}

#[test]
fn events_are_read_and_senseless_ones_are_malformed() {
    let event: Event = inventory::v1::InventoryReserved {
        reservation_id: String::new(),
        expires_at_ms: 900_000,
        payment_deadline_ms: 780_000,
    }
    .into();
    assert_eq!(Fact::read(&event), Ok(Some(reserved())));
    let no_reason: Event = payment::v1::PaymentFailed::default().into();
    assert_eq!(Fact::read(&no_reason), Err(Malformed { event: EventType::PaymentFailed, field: "reason" }));
    assert_eq!(Fact::read(&inventory::v1::InventoryReleased::default().into()), Ok(None));
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(reserved()),
        Just(Fact::Rejected { short_lines: vec![] }),
        Just(Fact::Committed),
        Just(Fact::StockLost { short_lines: vec![] }),
        Just(Fact::Initiated),
        Just(Fact::Unknown),
        Just(paid()),
        // One of the three: payment says one final word.
        Just(failed(FailureReason::Expired)),
        (1i64..=1250).prop_map(|total_minor| Fact::Refunded { total_minor }),
        (1u128..9).prop_map(|id| Fact::RefundFailed {
            refund_id: RefundId(Uuid::from_u128(id)),
            amount_minor: 1,
            code: "lost_card".to_owned(),
        }),
    ]
}

/// Every order of `facts`.
fn permutations(facts: &[Fact]) -> Vec<Vec<Fact>> {
    if facts.is_empty() {
        return vec![vec![]];
    }
    let mut all = vec![];
    for index in 0..facts.len() {
        let mut rest = facts.to_vec();
        let first = rest.remove(index);
        all.extend(permutations(&rest).into_iter().map(|mut tail| {
            tail.insert(0, first.clone());
            tail
        }));
    }
    all
}

fn heard(facts: &[Fact]) -> (Order, usize) {
    facts.iter().fold((placed().order, 0), |(order, paid), fact| {
        let (order, said) = on_fact(order, fact, at(1));
        (order, paid + said.len())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn facts_commute(facts in prop::collection::vec(any_fact(), 0..=6)) {
        let expected = heard(&facts).0;
        for permutation in permutations(&facts) {
            prop_assert_eq!(&heard(&permutation).0, &expected);
        }
    }

    #[test]
    fn news_are_what_the_timeline_gains(facts in prop::collection::vec(any_fact(), 0..=8)) {
        let names = |order: &Order| -> Vec<&'static str> { timeline(order, &[]).iter().map(|entry| entry.fact).collect() };
        let order = after(&facts);
        let mut news = timeline::news(&Facts::default(), &order.facts);
        news.push("created");
        news.sort_unstable();
        let mut expected = names(&order);
        expected.sort_unstable();
        prop_assert_eq!(news, expected);
        prop_assert!(timeline::news(&order.facts, &order.facts).is_empty());
    }

    #[test]
    fn a_repeat_changes_nothing_and_says_nothing(facts in prop::collection::vec(any_fact(), 0..=8), again in any::<prop::sample::Index>()) {
        let order = after(&facts);
        if !facts.is_empty() {
            let (repeated, said) = on_fact(order.clone(), again.get(&facts), at(1000));
            prop_assert_eq!(repeated, order);
            prop_assert_eq!(said, vec![]);
        }
    }

    #[test]
    fn cancelled_is_for_ever_and_paid_is_said_at_most_once(facts in prop::collection::vec(any_fact(), 0..=12)) {
        let mut order = placed().order;
        let mut cancelled = false;
        for fact in &facts {
            order = on_fact(order, fact, at(1)).0;
            cancelled |= status(&order) == Status::Cancelled;
            prop_assert!(!cancelled || status(&order) == Status::Cancelled);
        }
        prop_assert!(heard(&facts).1 <= 1);
    }
}
