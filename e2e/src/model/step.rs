//! What can happen, and what then is. Every step calls a function of a service's core.

use ::inventory::domain::{self as inventory, Done, State};
use ::order::domain::{self as order, CancelRequested, CancelledBy, LineToShip, NewShipment, Status};
use ::payment::domain::{self as payment, FinalWord, next_step};
use chrono::TimeDelta;
use proto_events::ids::{OrderId, ShipmentId, UserId};
use uuid::Uuid;

use super::Config;
use super::gateway::{Call, Outcome, silence};
use super::log::{Consumer, Message, SUBSCRIPTIONS};
use super::world::{COMPETITOR, OneOrder, TTL, World, inventory_context, sku, start};

/// One step. The first number is the order's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A consumer (by its subscription) reads the next event.
    Deliver(usize, usize),
    /// The same, and crashes before its offset is stored.
    DeliverAndCrash(usize, usize),
    /// A consumer reads a topic anew.
    Replay(usize, usize),
    /// ORDER_CANCELLED passes an event that a consumer had to park.
    CancelPasses(usize, usize),
    Cancel(usize, CancelledBy),
    /// One of the first line leaves, or all that is left.
    Ship(usize, Parcel),
    /// Inventory ends the hold.
    HoldEnds(usize),
    /// Payment's clock passes the deadline.
    DeadlinePasses(usize),
    /// Payment's worker takes the next step, and calls the gateway if there is a call to make.
    Work(usize),
    /// The buyer pays by hand.
    Pay(usize),
    RefundByHand(usize),
    /// A call arrives at the gateway.
    Arrive(usize, usize, Outcome),
    /// A call's answer arrives.
    Answer(usize, usize),
    /// A call takes too long.
    Timeout(usize, usize),
    /// Whoever made a call dies, and learns nothing.
    CallerDies(usize, usize),
    Webhook(usize, usize),
    Competitor(ByHand),
}

/// What the competitor has an admin do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByHand {
    Reserve,
    Confirm,
    Release,
}

/// How much leaves at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parcel {
    One,
    Rest,
}

/// All that can happen in `world`.
pub fn actions(config: &Config, world: &World, actions: &mut Vec<Action>) {
    for index in 0..world.orders.len() {
        progress(config, world, index, actions);
        people(config, world, index, actions);
        if world.faults_left > 0 {
            faults(&world.orders[index], index, actions);
        }
        if config.webhooks {
            // At any time, and as often as they like; one that tells nothing new is no step.
            let webhooks = world.orders[index].gateway.webhooks().len();
            actions.extend((0..webhooks).map(|webhook| Action::Webhook(index, webhook)));
        }
    }
    if config.competitor {
        let row = world.warehouse.reservations.get(&competitor());
        match row.map(|row| row.state) {
            None => actions.push(Action::Competitor(ByHand::Reserve)),
            Some(State::Held) => {
                actions.extend([ByHand::Confirm, ByHand::Release].map(Action::Competitor));
            }
            Some(State::Committed | State::Released | State::Expired | State::Returned | State::Rejected) => {}
        }
    }
}

/// What comes by itself sooner or later. Where none of it is left, all is quiet.
pub fn progress(config: &Config, world: &World, index: usize, actions: &mut Vec<Action>) {
    let one = &world.orders[index];
    let readers = (0..SUBSCRIPTIONS.len()).filter(|subscription| one.logs.next(*subscription).is_some());
    actions.extend(readers.map(|subscription| Action::Deliver(index, subscription)));
    let held = world.warehouse.reservations.get(&one.order.id).is_some_and(|row| row.state == State::Held);
    if held {
        actions.push(Action::HoldEnds(index));
    }
    if let Some(payment) = &one.payment {
        let waits = payment.deadline.is_some() && payment.final_word.is_none() && payment.closed.is_none();
        if config.deadlines && waits && !one.payment_is_late {
            actions.push(Action::DeadlinePasses(index));
        }
        let step = next_step(payment);
        let under_way = one.calls.iter().any(|call| call.heard && Some(&call.step) == step.as_ref());
        if (step.is_some() && !under_way) || (waits && one.payment_is_late) {
            actions.push(Action::Work(index));
        }
    }
    for (number, call) in one.calls.iter().enumerate() {
        match call.answer {
            Some(_) => actions.push(Action::Answer(index, number)),
            None => actions.extend(outcomes(config, one, call).map(|outcome| Action::Arrive(index, number, outcome))),
        }
    }
}

fn outcomes(config: &Config, one: &OneOrder, call: &Call) -> impl Iterator<Item = Outcome> {
    let decides = one.gateway.decides(&call.step);
    let declines = decides && one.gateway.declines() < config.declines;
    let fails = decides && config.error_after_charge;
    let more = [(Outcome::Decline, declines), (Outcome::ChargeAndFail, fails)];
    [Outcome::Charge].into_iter().chain(more.into_iter().filter(|(_, may)| *may).map(|(outcome, _)| outcome))
}

fn people(config: &Config, world: &World, index: usize, actions: &mut Vec<Action>) {
    let one = &world.orders[index];
    let by = config.cancels.iter().filter(|by| cancelled(one, **by).is_ok());
    actions.extend(by.map(|by| Action::Cancel(index, *by)));
    if let Some(payment) = &one.payment {
        let pays = payment::confirm(payment.clone(), String::new(), &one.payment_context()).is_ok();
        if pays {
            actions.push(Action::Pay(index));
        }
        let part = payment::refund(payment.clone(), Some(1), String::new(), &one.payment_context());
        if config.after_sales && one.refunded_by_hand_minor == 0 && part.is_ok() {
            actions.push(Action::RefundByHand(index));
        }
    }
    if config.after_sales && order::status(&one.order) == Status::Paid {
        actions.extend([Action::Ship(index, Parcel::One), Action::Ship(index, Parcel::Rest)]);
    }
}

fn faults(one: &OneOrder, index: usize, actions: &mut Vec<Action>) {
    for subscription in 0..SUBSCRIPTIONS.len() {
        if one.logs.next(subscription).is_some() {
            actions.push(Action::DeliverAndCrash(index, subscription));
        }
        if one.logs.has_read_any(subscription) {
            actions.push(Action::Replay(index, subscription));
        }
        if one.logs.cancel_waits(subscription) {
            actions.push(Action::CancelPasses(index, subscription));
        }
    }
    for (number, call) in one.calls.iter().enumerate().filter(|(_, call)| call.heard) {
        actions.push(Action::CallerDies(index, number));
        if call.answer.is_none() {
            actions.push(Action::Timeout(index, number));
        }
    }
}

/// The world after `action`; `None` when it changes nothing.
pub fn next(world: &World, action: Action) -> Option<World> {
    let mut next = world.clone();
    match action {
        Action::Deliver(index, subscription) => {
            deliver(&mut next, index, subscription)?;
            next.orders[index].logs.advance(subscription);
        }
        Action::DeliverAndCrash(index, subscription) => {
            next.faults_left -= 1;
            deliver(&mut next, index, subscription)?;
        }
        Action::Replay(index, subscription) => {
            next.faults_left -= 1;
            next.orders[index].logs.rewind(subscription);
        }
        Action::CancelPasses(index, subscription) => {
            next.faults_left -= 1;
            let cancel = next.orders[index].logs.take_waiting_cancel(subscription)?;
            apply(&mut next, index, subscription, &cancel);
        }
        Action::Cancel(index, by) => {
            let (order, events) = cancelled(&next.orders[index], by).ok()?;
            next.orders[index].order = order;
            next.orders[index].logs.append(events);
        }
        Action::Ship(index, parcel) => ship(&mut next.orders[index], parcel)?,
        Action::HoldEnds(index) => {
            let id = next.orders[index].order.id;
            let said = inventory::expire(&mut next.warehouse, id, &inventory_context(id, TTL));
            next.said_by_inventory(said);
        }
        Action::DeadlinePasses(index) => next.orders[index].payment_is_late = true,
        Action::Work(index) => work(&mut next.orders[index]),
        Action::Pay(index) => {
            let one = &mut next.orders[index];
            let paying = payment::confirm(one.payment_row(), "card".to_owned(), &one.payment_context());
            one.save_payment(paying.ok()?);
        }
        Action::RefundByHand(index) => {
            let one = &mut next.orders[index];
            let refunding = payment::refund(one.payment_row(), Some(1), String::new(), &one.payment_context());
            one.save_payment(refunding.ok()?);
            one.refunded_by_hand_minor += 1;
        }
        Action::Arrive(index, number, outcome) => arrive(&mut next.orders[index], number, outcome),
        Action::Answer(index, number) => {
            let one = &mut next.orders[index];
            let call = one.calls.remove(number);
            hear(one, &call.answer?);
        }
        Action::Timeout(index, number) => {
            next.faults_left -= 1;
            let one = &mut next.orders[index];
            one.calls[number].heard = false;
            let heard = silence(&one.calls[number].step);
            hear(one, &heard);
        }
        Action::CallerDies(index, number) => {
            next.faults_left -= 1;
            let calls = &mut next.orders[index].calls;
            calls[number].heard = false;
            calls.retain(|call| call.heard || call.answer.is_none());
        }
        Action::Webhook(index, number) => {
            let one = &mut next.orders[index];
            let fact = one.gateway.webhooks().into_iter().nth(number)?;
            hear(one, &fact);
        }
        Action::Competitor(by_hand) => compete(&mut next, by_hand)?,
    }
    for one in &mut next.orders {
        one.was_cancelled |= order::status(&one.order) == Status::Cancelled;
    }
    (next != *world).then_some(next)
}

fn deliver(world: &mut World, index: usize, subscription: usize) -> Option<()> {
    let message = world.orders[index].logs.next(subscription).cloned()?;
    apply(world, index, subscription, &message);
    Some(())
}

fn apply(world: &mut World, index: usize, subscription: usize, message: &Message) {
    let one = &mut world.orders[index];
    match SUBSCRIPTIONS[subscription].0 {
        Consumer::Order => {
            let Some(fact) = &message.to_order else { return };
            let (order, events) = order::on_fact(one.order.clone(), fact, start());
            one.order = order;
            one.logs.append(events);
        }
        Consumer::Payment => {
            let Some(fact) = &message.to_payment else { return };
            one.save_payment(payment::on_fact(one.payment_row(), fact, &one.payment_context()));
        }
        Consumer::Inventory => {
            let Some(fact) = &message.to_inventory else { return };
            let id = one.order.id;
            let context = inventory_context(id, TimeDelta::zero());
            let said = inventory::on_fact(&mut world.warehouse, id, fact, &context);
            world.said_by_inventory(said);
        }
    }
}

fn cancelled(one: &OneOrder, by: CancelledBy) -> Result<(order::Order, Vec<proto_events::Event>), order::Refused> {
    let at = match by {
        CancelledBy::Buyer | CancelledBy::Admin => start(),
        // The watchdog's clock runs apart too.
        CancelledBy::System => start() + TimeDelta::days(1),
    };
    let request = CancelRequested { at, by, user_id: None, note: String::new() };
    order::cancel(one.order.clone(), request)
}

fn ship(one: &mut OneOrder, parcel: Parcel) -> Option<()> {
    let items = match parcel {
        Parcel::One => Some(vec![LineToShip { item_id: one.lines[0].id, quantity: 1 }]),
        Parcel::Rest => None,
    };
    let id = ShipmentId(Uuid::from_u128(one.shipments.len() as u128));
    let new = NewShipment { id, carrier: None, tracking_number: None, items, by: UserId(Uuid::nil()) };
    let (order, shipment, events) = order::ship(one.order.clone(), &one.lines, &one.shipments, new, start()).ok()?;
    one.order = order;
    one.shipments.push(shipment);
    one.logs.append(events);
    Some(())
}

fn work(one: &mut OneOrder) {
    let (payment, events, step) = payment::take_step(one.payment_row(), &one.payment_context());
    one.save_payment((payment, events));
    if let Some(step) = step.filter(|step| !one.calls.iter().any(|call| call.heard && call.step == *step)) {
        one.calls.push(Call { step, answer: None, heard: true });
    }
}

fn arrive(one: &mut OneOrder, number: usize, outcome: Outcome) {
    let call = &mut one.calls[number];
    call.answer = Some(one.gateway.perform(&call.step, outcome));
    if !call.heard {
        one.calls.remove(number);
    }
}

/// A fact of the gateway's that finds no payment has nobody to tell it to; the row is there before the first call.
fn hear(one: &mut OneOrder, fact: &payment::GatewayFact) {
    one.save_payment(payment::on_gateway(one.payment_row(), fact, &one.payment_context()));
}

fn competitor() -> OrderId {
    OrderId(Uuid::from_u128(COMPETITOR))
}

fn compete(world: &mut World, by_hand: ByHand) -> Option<()> {
    let context = inventory_context(competitor(), TimeDelta::zero());
    let warehouse = &mut world.warehouse;
    let done = match by_hand {
        ByHand::Reserve => inventory::reserve(warehouse, competitor(), [(sku(0), 1)].into(), &context),
        ByHand::Confirm => inventory::confirm(warehouse, competitor(), &context),
        ByHand::Release => inventory::release(warehouse, competitor()),
    };
    let said = match done.ok()? {
        Done::Created(said) | Done::Changed(said) => said,
        Done::Already => vec![],
    };
    world.said_by_inventory(said);
    Some(())
}

/// Whether payment said that it has the money.
pub fn said_success(one: &OneOrder) -> bool {
    one.payment.as_ref().is_some_and(|payment| payment.final_word == Some(FinalWord::Success))
}
