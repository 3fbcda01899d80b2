use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proto_events::ids::{OrderId, ReservationId, UserId};
use proto_events::{Event, EventType, inventory::v1 as wire, order, payment};
use uuid::Uuid;

use super::*;

const TTL: TimeDelta = TimeDelta::minutes(15);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn context(seconds: i64) -> Context {
    Context { now: at(seconds), reservation_id: ReservationId(Uuid::from_u128(7)), ttl: TTL }
}

fn id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

fn sku(name: &str) -> Sku {
    name.parse().unwrap()
}

fn lines(of: &[(&str, i64)]) -> BTreeMap<Sku, i64> {
    of.iter().map(|(name, quantity)| (sku(name), *quantity)).collect()
}

fn created(of: &[(&str, i64)]) -> Fact {
    Fact::OrderCreated { lines: lines(of) }
}

fn warehouse(of: &[(&str, i64)]) -> Warehouse {
    let row = |(name, on_hand): &(&str, i64)| (sku(name), Stock { on_hand: *on_hand, ..Stock::new(sku(name)) });
    Warehouse { stock: of.iter().map(row).collect(), ..Warehouse::default() }
}

/// Applies facts to order 1; the names of what was said.
fn hear(warehouse: &mut Warehouse, facts: &[Fact]) -> Vec<EventType> {
    let said: Vec<Said> = facts.iter().flat_map(|fact| on_fact(warehouse, id(1), fact, &context(0))).collect();
    names(&said)
}

fn names(said: &[Said]) -> Vec<EventType> {
    let name = |said: &Said| match said {
        Said::Order(_, event) | Said::Sku(_, event) => event.event_type(),
    };
    said.iter().map(name).collect()
}

/// On hand and reserved of A, and the state of order 1.
fn now(warehouse: &Warehouse) -> (i64, i64, Option<State>) {
    let stock = &warehouse.stock[&sku("A")];
    (stock.on_hand, stock.reserved, warehouse.reservations.get(&id(1)).map(|row| row.state))
}

#[test]
fn an_order_is_held_sold_and_returned() {
    let mut shelf = warehouse(&[("A", 9)]);
    assert_eq!(hear(&mut shelf, &[created(&[("A", 2)])]), [EventType::InventoryReserved]);
    assert_eq!(now(&shelf), (9, 2, Some(State::Held)));
    assert_eq!(hear(&mut shelf, &[Fact::PaymentSuccess]), [EventType::InventoryCommitted]);
    assert_eq!(now(&shelf), (7, 0, Some(State::Committed)));
    assert_eq!(hear(&mut shelf, &[Fact::OrderCancelled, Fact::OrderCancelled]), [EventType::InventoryReleased]);
    assert_eq!(now(&shelf), (9, 0, Some(State::Returned)));
    let moved: Vec<_> = shelf.movements.iter().map(|m| (m.kind, m.delta, m.on_hand_after)).collect();
    assert_eq!(moved, [(MovementKind::Sale, -2, 7), (MovementKind::Return, 2, 9)]);
}

#[test]
fn a_hold_tells_when_it_ends_and_when_paying_ends() {
    let said = on_fact(&mut warehouse(&[("A", 9)]), id(1), &created(&[("A", 1)]), &context(0));
    let [Said::Order(_, Event::InventoryReserved(reserved))] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((reserved.expires_at_ms, reserved.payment_deadline_ms), (900_000, 780_000));
}

#[test]
fn one_short_line_holds_nothing_of_the_order() {
    let mut shelf = warehouse(&[("A", 9), ("B", 1)]);
    let said = on_fact(&mut shelf, id(1), &created(&[("A", 2), ("B", 2), ("C", 1)]), &context(0));
    let [Said::Order(_, Event::InventoryRejected(rejected))] = said.as_slice() else { panic!("{said:?}") };
    let short: Vec<_> = rejected.short_lines.iter().map(|l| (l.sku.as_str(), l.requested, l.available)).collect();
    assert_eq!(short, [("B", 2, 1), ("C", 1, 0)]);
    assert_eq!(now(&shelf), (9, 0, Some(State::Rejected)));
    assert_eq!(hear(&mut shelf, &[Fact::OrderCancelled, Fact::PaymentFailed]), []);
}

#[test]
fn lines_of_the_same_sku_are_added_up() {
    let line = |quantity| order::v1::OrderLine { sku: "A".to_owned(), quantity, ..Default::default() };
    let event: Event = order::v1::OrderCreated { lines: vec![line(2), line(3)], ..Default::default() }.into();
    assert_eq!(Fact::read(&event), Ok(Some(created(&[("A", 5)]))));
    let mut shelf = warehouse(&[("A", 4)]);
    assert_eq!(hear(&mut shelf, &[created(&[("A", 5)])]), [EventType::InventoryRejected]);
}

#[test]
fn senseless_lines_are_malformed() {
    for (sku, quantity) in [("", 1), ("a b", 1), ("A", 0)] {
        let line = order::v1::OrderLine { sku: sku.to_owned(), quantity, ..Default::default() };
        let event: Event = order::v1::OrderCreated { lines: vec![line], ..Default::default() }.into();
        assert!(Fact::read(&event).is_err(), "{sku:?} {quantity}");
    }
    assert!(Fact::read(&order::v1::OrderCreated::default().into()).is_err());
    assert_eq!(Fact::read(&payment::v1::PaymentUnknown::default().into()), Ok(None));
}

#[test]
fn a_batch_gives_the_last_units_to_who_came_first() {
    let mut shelf = warehouse(&[("A", 3)]);
    let said: Vec<Said> = (1..=4u128)
        .flat_map(|number| on_fact(&mut shelf, id(number), &created(&[("A", 2 - i64::from(number > 1))]), &context(0)))
        .collect();
    let expected = [
        EventType::InventoryReserved,
        EventType::InventoryReserved,
        EventType::InventoryRejected,
        EventType::InventoryRejected,
    ];
    assert_eq!(names(&said), expected);
    assert_eq!(shelf.stock[&sku("A")].available(), 0);
}

#[test]
fn an_end_that_overtakes_the_order_leaves_a_row_that_holds_nothing() {
    for end in [Fact::OrderCancelled, Fact::PaymentFailed] {
        let mut shelf = warehouse(&[("A", 9)]);
        assert_eq!(hear(&mut shelf, &[end, created(&[("A", 1)])]), []);
        assert_eq!(now(&shelf), (9, 0, Some(State::Released)));
    }
}

#[test]
fn a_hold_ends_at_its_time_and_not_before() {
    let mut shelf = warehouse(&[("A", 9)]);
    hear(&mut shelf, &[created(&[("A", 2)])]);
    assert_eq!(expire(&mut shelf, id(1), &context(899)), []);
    assert_eq!(names(&expire(&mut shelf, id(1), &context(900))), [EventType::InventoryReleased]);
    assert_eq!(now(&shelf), (9, 0, Some(State::Expired)));
    assert_eq!(expire(&mut shelf, id(1), &context(901)), []);
    assert_eq!(expire(&mut shelf, id(2), &context(901)), []);
}

#[test]
fn a_late_payment_takes_the_stock_again_or_is_rejected() {
    let mut shelf = warehouse(&[("A", 2)]);
    hear(&mut shelf, &[created(&[("A", 2)])]);
    expire(&mut shelf, id(1), &context(900));
    let mut sold_out = shelf.clone();
    assert_eq!(hear(&mut shelf, &[Fact::PaymentSuccess]), [EventType::InventoryCommitted]);
    assert_eq!(now(&shelf), (0, 0, Some(State::Committed)));
    on_fact(&mut sold_out, id(2), &created(&[("A", 1)]), &context(901));
    assert_eq!(hear(&mut sold_out, &[Fact::PaymentSuccess]), [EventType::InventoryCommitRejected]);
    assert_eq!(now(&sold_out), (2, 1, Some(State::Released)));
    assert_eq!(hear(&mut sold_out, &[Fact::PaymentSuccess, Fact::OrderCancelled]), []);
}

#[test]
fn low_stock_is_announced_once_per_fall() {
    let mut shelf = warehouse(&[("A", 7)]);
    shelf.stock.get_mut(&sku("A")).unwrap().low_announced = false;
    let order = |shelf: &mut Warehouse, number| names(&on_fact(shelf, id(number), &created(&[("A", 1)]), &context(0)));
    assert_eq!(order(&mut shelf, 1), [EventType::InventoryReserved]);
    assert_eq!(order(&mut shelf, 2), [EventType::InventoryReserved, EventType::StockLow]);
    assert_eq!(order(&mut shelf, 3), [EventType::InventoryReserved]);
    on_fact(&mut shelf, id(3), &Fact::OrderCancelled, &context(0));
    on_fact(&mut shelf, id(2), &Fact::OrderCancelled, &context(0));
    assert_eq!(order(&mut shelf, 4), [EventType::InventoryReserved, EventType::StockLow]);
}

#[test]
fn by_hand_an_admin_reserves_confirms_and_releases() {
    let mut shelf = warehouse(&[("A", 9)]);
    assert_eq!(release(&mut shelf, id(1)), Err(Refused::NotFound));
    assert_eq!(reserve(&mut shelf, id(1), lines(&[("A", 2)]), &context(0)), Ok(Done::Created(vec![])));
    assert_eq!(reserve(&mut shelf, id(1), lines(&[("A", 2)]), &context(0)), Ok(Done::Already));
    let allowed = vec![State::Committed, State::Released];
    let other = reserve(&mut shelf, id(1), lines(&[("A", 3)]), &context(0));
    assert_eq!(other, Err(Refused::InvalidTransition { from: State::Held, allowed }));
    assert!(matches!(confirm(&mut shelf, id(1), &context(1)), Ok(Done::Changed(_))));
    assert_eq!(confirm(&mut shelf, id(1), &context(1)), Ok(Done::Already));
    assert_eq!(now(&shelf), (7, 0, Some(State::Committed)));
    let finished = Refused::InvalidTransition { from: State::Committed, allowed: vec![] };
    assert_eq!(release(&mut shelf, id(1)), Err(finished));
    let short = reserve(&mut shelf, id(2), lines(&[("A", 8)]), &context(0));
    assert!(matches!(short, Err(Refused::OutOfStock(lines)) if lines[0].available == 7));
    assert!(!shelf.reservations.contains_key(&id(2)));
}

#[test]
fn what_the_saga_holds_is_out_of_reach() {
    let mut shelf = warehouse(&[("A", 9)]);
    hear(&mut shelf, &[created(&[("A", 2)])]);
    assert_eq!(release(&mut shelf, id(1)), Err(Refused::SagaOwned));
    assert_eq!(confirm(&mut shelf, id(1), &context(0)), Err(Refused::SagaOwned));
    assert_eq!(reserve(&mut shelf, id(1), lines(&[("A", 2)]), &context(0)), Ok(Done::Already));
}

#[test]
fn an_orders_own_events_outrank_what_a_person_holds_in_its_name() {
    let mut shelf = warehouse(&[("A", 9)]);
    reserve(&mut shelf, id(1), lines(&[("A", 3)]), &context(0)).unwrap();
    assert_eq!(skus_needed(&shelf, id(1), &created(&[("B", 1)])), [sku("A"), sku("B")].into());
    assert_eq!(hear(&mut shelf, &[created(&[("A", 2)])]), [EventType::InventoryReserved]);
    assert_eq!(now(&shelf), (9, 2, Some(State::Held)));
    assert_eq!(shelf.reservations[&id(1)].origin, Origin::Saga);
}

#[test]
fn a_manual_hold_ends_without_a_word() {
    let mut shelf = warehouse(&[("A", 9)]);
    reserve(&mut shelf, id(1), lines(&[("A", 3)]), &context(0)).unwrap();
    assert_eq!(expire(&mut shelf, id(1), &context(900)), []);
    assert_eq!(now(&shelf), (9, 0, Some(State::Expired)));
}

fn change() -> Change {
    Change { actor: UserId(Uuid::nil()), reason: "count".to_owned(), at: at(0) }
}

#[test]
fn a_count_moves_the_stock_by_its_difference() {
    // 10 were on the shelf when the count began; 2 were sold since.
    let stock = Stock { on_hand: 8, reserved: 3, version: 4, ..Stock::new(sku("A")) };
    let (counted, movement, _) = count(stock.clone(), 12, 10, change()).unwrap();
    assert_eq!((counted.on_hand, counted.reserved, counted.version), (10, 3, 5));
    assert_eq!(movement.map(|m| (m.kind, m.delta, m.on_hand_after)), Some((MovementKind::Count, 2, 10)));
    let (same, movement, _) = count(stock.clone(), 10, 10, change()).unwrap();
    assert_eq!((same.on_hand, same.version, movement), (8, 5, None));
    assert_eq!(count(stock, 4, 10, change()), Err(ChangeRefused::StockReserved { reserved: 3 }));
}

#[test]
fn an_adjustment_stays_within_what_is_promised_and_what_fits() {
    let stock = Stock { on_hand: 8, reserved: 3, ..Stock::new(sku("A")) };
    assert_eq!(adjust(stock.clone(), -5, change()).unwrap().0.available(), 0);
    assert_eq!(adjust(stock.clone(), -6, change()), Err(ChangeRefused::StockReserved { reserved: 3 }));
    for delta in [ON_HAND_MAX, i64::MAX] {
        assert_eq!(adjust(stock.clone(), delta, change()), Err(ChangeRefused::TooMuch));
    }
    assert_eq!(count(stock, i64::MAX, i64::MIN, change()), Err(ChangeRefused::TooMuch));
}

#[test]
fn a_buyer_sees_how_many_only_when_few_are_left() {
    assert_eq!(availability(0), Availability::OutOfStock);
    assert_eq!(availability(5), Availability::LowStock { left: 5 });
    assert_eq!(availability(6), Availability::InStock);
}

#[test]
fn skus_are_well_formed_or_refused() {
    assert!("A-1_b.C".parse::<Sku>().is_ok());
    for text in ["", "a b", "é", &"x".repeat(65)] {
        assert_eq!(text.parse::<Sku>(), Err(MalformedSku));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Hear(u128, Fact),
    Expire(u128),
    Reserve(u128, i64),
    Release(u128),
    Confirm(u128),
    Adjust(i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let fact = prop_oneof![
        (1i64..4).prop_map(|quantity| created(&[("A", quantity)])),
        (1i64..4, 1i64..3).prop_map(|(a, b)| created(&[("A", a), ("B", b)])),
        Just(Fact::OrderCancelled),
        Just(Fact::PaymentSuccess),
        Just(Fact::PaymentFailed),
    ];
    prop_oneof![
        4 => (1u128..5, fact).prop_map(|(order, fact)| Step::Hear(order, fact)),
        1 => (1u128..5).prop_map(Step::Expire),
        1 => (1u128..7, 1i64..4).prop_map(|(order, quantity)| Step::Reserve(order, quantity)),
        1 => (1u128..7).prop_map(Step::Release),
        1 => (1u128..7).prop_map(Step::Confirm),
        1 => (-3i64..4).prop_map(Step::Adjust),
    ]
}

fn take(shelf: &mut Warehouse, step: &Step) -> Vec<Said> {
    let context = context(900);
    match step {
        Step::Hear(order, fact) => return on_fact(shelf, id(*order), fact, &context),
        Step::Expire(order) => return expire(shelf, id(*order), &Context { now: at(1800), ..context }),
        Step::Reserve(order, quantity) => drop(reserve(shelf, id(*order), lines(&[("A", *quantity)]), &context)),
        Step::Release(order) => drop(release(shelf, id(*order))),
        Step::Confirm(order) => drop(confirm(shelf, id(*order), &context)),
        Step::Adjust(delta) => {
            if let Ok((stock, movement, _)) = adjust(shelf.stock[&sku("A")].clone(), *delta, change()) {
                shelf.stock.insert(sku("A"), stock);
                shelf.movements.extend(movement);
            }
        }
    }
    vec![]
}

proptest! {
    #[test]
    fn stock_adds_up_whatever_happens(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut shelf = warehouse(&[("A", 5), ("B", 2)]);
        for step in &steps {
            take(&mut shelf, step);
            for (sku, first) in [(sku("A"), 5), (sku("B"), 2)] {
                let stock = &shelf.stock[&sku];
                let moved: i64 = shelf.movements.iter().filter(|m| m.sku == sku).map(|m| m.delta).sum();
                let held = shelf.reservations.values().filter(|row| row.state == State::Held);
                let held: i64 = held.filter_map(|row| row.lines.get(&sku)).sum();
                prop_assert_eq!(stock.on_hand, first + moved);
                prop_assert_eq!(stock.reserved, held);
                prop_assert!(0 <= stock.reserved && stock.reserved <= stock.on_hand);
            }
        }
    }

    #[test]
    fn a_fact_heard_twice_is_a_fact_heard_once(steps in prop::collection::vec(any_step(), 0..30)) {
        let mut shelf = warehouse(&[("A", 5), ("B", 2)]);
        for step in &steps {
            take(&mut shelf, step);
            if let Step::Hear(order, fact) = step {
                let before = shelf.clone();
                // Money that nothing was ever held for goes back as often as it is heard of: payment's target is the same.
                let said = on_fact(&mut shelf, id(*order), fact, &context(900));
                prop_assert!(said.iter().all(|said| matches!(said, Said::Order(_, Event::InventoryCommitRejected(_)))));
                prop_assert_eq!(&shelf, &before);
            }
        }
    }

    #[test]
    fn a_rejection_names_what_is_short(quantity in 1i64..20, on_hand in 0i64..20) {
        let mut shelf = warehouse(&[("A", on_hand)]);
        let said = on_fact(&mut shelf, id(1), &created(&[("A", quantity)]), &context(0));
        let rejected = said.iter().any(|said| matches!(said, Said::Order(_, Event::InventoryRejected(wire::InventoryRejected { short_lines })) if short_lines[0].available == on_hand));
        prop_assert_eq!(rejected, quantity > on_hand);
    }
}
