use chrono::{DateTime, TimeDelta, Utc};
use proto_events::ids::{OrderId, PaymentId, UserId};
use proto_events::{Event, EventType, Money, inventory, order, payment::v1 as wire};
use uuid::Uuid;

use super::ledger::{Account, EntryKind, entries};
use super::*;

mod properties;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn ordered(method: Option<&str>) -> Fact {
    Fact::OrderCreated(Ordered {
        user_id: UserId(Uuid::from_u128(2)),
        amount_minor: 1000,
        currency: "EUR".to_owned(),
        method: method.map(str::to_owned),
    })
}

fn reserved() -> Fact {
    Fact::Reserved { deadline: at(780) }
}

fn cancelled() -> Fact {
    Fact::OrderCancelled(CancelledBy::Buyer)
}

fn captured() -> GatewayFact {
    GatewayFact::Captured { amount_minor: 1000, currency: "EUR".to_owned() }
}

/// A payment with what it said, and an id for each call.
#[derive(Debug, Clone, PartialEq)]
struct Desk {
    payment: Payment,
    said: Vec<Event>,
    calls: u128,
    now: DateTime<Utc>,
}

impl Desk {
    fn new() -> Self {
        let payment = Payment::new(PaymentId(Uuid::from_u128(1)), OrderId(Uuid::from_u128(1)));
        Self { payment, said: vec![], calls: 0, now: at(0) }
    }

    /// Ordered and reserved, waiting for the buyer.
    fn open() -> Self {
        Self::new().hear(ordered(None)).hear(reserved())
    }

    /// With one attempt that is sent.
    fn charging() -> Self {
        Self::open().confirm().intent().send()
    }

    fn paid() -> Self {
        Self::charging().gateway(captured())
    }

    fn context(&mut self) -> Context {
        self.calls += 1;
        Context { now: self.now, fresh_id: Uuid::from_u128(self.calls) }
    }

    fn take(mut self, (payment, said): (Payment, Vec<Event>)) -> Self {
        self.payment = payment;
        self.said.extend(said);
        self
    }

    fn hear(mut self, fact: Fact) -> Self {
        let context = self.context();
        let result = on_fact(self.payment.clone(), &fact, &context);
        self.take(result)
    }

    fn gateway(mut self, fact: GatewayFact) -> Self {
        let context = self.context();
        let result = on_gateway(self.payment.clone(), &fact, &context);
        self.take(result)
    }

    fn confirm(mut self) -> Self {
        let context = self.context();
        let result = confirm(self.payment.clone(), "pm_card_visa".to_owned(), &context).unwrap();
        self.take(result)
    }

    fn refused(&mut self) -> Refused {
        let context = self.context();
        confirm(self.payment.clone(), "pm_card_visa".to_owned(), &context).unwrap_err()
    }

    fn refund(mut self, amount: Option<i64>) -> Result<Self, Refused> {
        let context = self.context();
        let result = refund(self.payment.clone(), amount, "kindness".to_owned(), &context)?;
        Ok(self.take(result))
    }

    fn intent(self) -> Self {
        self.gateway(GatewayFact::IntentCreated { intent_id: "pi_1".to_owned() })
    }

    fn send(mut self) -> Self {
        let context = self.context();
        let (payment, said, _) = take_step(self.payment.clone(), &context);
        self.take((payment, said))
    }

    fn attempt(&self) -> &Attempt {
        self.payment.attempts.last().unwrap()
    }

    fn declined(self, code: &str) -> Self {
        let (attempt_id, code) = (self.attempt().id, code.to_owned());
        self.gateway(GatewayFact::Declined { attempt_id, code })
    }

    fn unknown(self) -> Self {
        let attempt_id = self.attempt().id;
        self.gateway(GatewayFact::Unknown { attempt_id })
    }

    fn refunded(self) -> Self {
        let refund = self.payment.refunds.iter().find(|refund| refund.state == RefundState::Pending).unwrap();
        let refund_id = refund.id;
        self.gateway(GatewayFact::Refunded { refund_id })
    }

    fn at(mut self, seconds: i64) -> Self {
        self.now = at(seconds);
        self
    }

    fn names(&self) -> Vec<EventType> {
        self.said.iter().map(Event::event_type).collect()
    }

    fn failure(&self) -> Option<wire::FailureReason> {
        self.said.iter().find_map(|event| if let Event::PaymentFailed(e) = event { Some(e.reason()) } else { None })
    }
}

#[test]
fn an_order_with_a_method_is_charged_once_ordered_and_reserved_in_either_order() {
    for facts in [[ordered(Some("pm_card_visa")), reserved()], [reserved(), ordered(Some("pm_card_visa"))]] {
        let desk = facts.into_iter().fold(Desk::new(), Desk::hear);
        assert!(matches!(next_step(&desk.payment), Some(Step::CreateIntent { amount_minor: 1000, .. })));
        let desk = desk.intent();
        assert!(matches!(next_step(&desk.payment), Some(Step::Confirm { .. })));
        let desk = desk.gateway(captured());
        assert_eq!((desk.names(), status(&desk.payment)), (vec![EventType::PaymentSuccess], Status::Succeeded));
        assert_eq!(desk.clone().gateway(captured()).names(), desk.names());
    }
}

#[test]
fn a_decline_is_not_the_end_until_the_third() {
    let desk = Desk::new().hear(ordered(Some("pm_bad"))).hear(reserved()).intent().declined("insufficient_funds");
    assert_eq!((desk.names(), desk.payment.attempts_left()), (vec![], 2));
    let desk = desk.confirm().declined("lost_card").confirm().declined("generic_decline");
    assert_eq!(desk.names(), [EventType::PaymentFailed]);
    assert_eq!((desk.failure(), status(&desk.payment)), (Some(wire::FailureReason::Declined), Status::Failed));
    assert_eq!(desk.clone().refused(), Refused::PaymentClosed(ClosedReason::PaymentFailed));
    assert_eq!(next_step(&desk.payment), Some(Step::CancelIntent { intent_id: "pi_1".to_owned() }));
}

#[test]
fn confirm_is_refused_with_the_reason() {
    assert_eq!(Desk::new().refused(), Refused::NotReady);
    assert_eq!(Desk::new().hear(ordered(None)).refused(), Refused::NotReady);
    assert_eq!(Desk::charging().refused(), Refused::PaymentInProgress);
    assert_eq!(Desk::charging().unknown().refused(), Refused::PaymentInProgress);
    assert_eq!(Desk::paid().refused(), Refused::AlreadyPaid);
    let closed = |fact| Desk::open().hear(fact).refused();
    assert_eq!(closed(cancelled()), Refused::PaymentClosed(ClosedReason::Buyer));
    assert_eq!(closed(Fact::Expired), Refused::PaymentClosed(ClosedReason::Expired));
    assert_eq!(closed(Fact::Rejected), Refused::PaymentClosed(ClosedReason::OutOfStock));
    assert_eq!(Desk::open().at(780).refused(), Refused::PaymentClosed(ClosedReason::Expired));
}

#[test]
fn initiate_makes_the_intent_and_is_said_once() {
    let mut desk = Desk::new().hear(ordered(None));
    let context = desk.context();
    let (payment, said) = initiate(desk.payment.clone(), &context).unwrap();
    let desk = desk.take((payment, said));
    assert!(matches!(next_step(&desk.payment), Some(Step::CreateIntent { .. })));
    assert_eq!(desk.names(), [EventType::PaymentInitiated]);
    assert_eq!(initiate(desk.payment.clone(), &context).unwrap().1, []);
    assert_eq!(next_step(&desk.intent().payment), None);
    assert_eq!(initiate(Desk::new().payment, &context), Err(Refused::NotReady));
    let closed = initiate(Desk::open().hear(cancelled()).payment, &context);
    assert_eq!(closed, Err(Refused::PaymentClosed(ClosedReason::Buyer)));
}

#[test]
fn an_end_that_overtakes_leaves_a_closed_row_that_charges_nothing() {
    for end in [cancelled(), Fact::Expired, Fact::Rejected] {
        let desk = Desk::new().hear(end.clone()).hear(ordered(Some("pm_card_visa"))).hear(reserved());
        assert_eq!((next_step(&desk.payment), desk.payment.attempts.len()), (None, 0), "{end:?}");
        let expected = if end == Fact::Rejected { vec![] } else { vec![EventType::PaymentFailed] };
        assert_eq!(desk.names(), expected, "{end:?}");
        assert_eq!(status(&desk.payment), Status::Voided);
    }
}

#[test]
fn the_deadline_ends_what_nobody_pays() {
    let desk = Desk::open();
    assert_eq!(desk.payment.due_at, Some(at(780)));
    let desk = desk.at(779).send();
    assert_eq!(desk.names(), []);
    let desk = desk.at(780).send();
    assert_eq!((desk.failure(), desk.payment.due_at), (Some(wire::FailureReason::Expired), None));
}

#[test]
fn while_a_charge_is_open_its_outcome_is_waited_for() {
    let desk = Desk::charging().hear(Fact::Expired);
    assert_eq!(desk.names(), []);
    assert_eq!(status(&desk.payment), Status::Processing);
    assert_eq!(desk.clone().gateway(captured()).names(), [EventType::PaymentSuccess]);
    let ended = desk.clone().gateway(GatewayFact::IntentCancelled);
    assert_eq!(ended.failure(), Some(wire::FailureReason::Expired));
    assert_eq!(desk.declined("generic_decline").failure(), Some(wire::FailureReason::Expired));
}

#[test]
fn what_was_never_sent_is_ended_without_asking_the_gateway() {
    let desk = Desk::open().confirm().hear(cancelled());
    assert_eq!((desk.failure(), next_step(&desk.payment)), (Some(wire::FailureReason::Cancelled), None));
    // The intent may have been made all the same: it is withdrawn as soon as that is heard.
    assert_eq!(next_step(&desk.intent().payment), Some(Step::CancelIntent { intent_id: "pi_1".to_owned() }));
}

#[test]
fn a_charge_that_lands_after_a_cancel_goes_back() {
    let desk = Desk::charging().hear(cancelled()).gateway(captured());
    assert_eq!(desk.failure(), Some(wire::FailureReason::Cancelled));
    let Some(Step::Refund { amount_minor: 1000, .. }) = next_step(&desk.payment) else { panic!("{desk:?}") };
    let desk = desk.refunded();
    assert_eq!(desk.names(), [EventType::PaymentFailed, EventType::PaymentRefunded]);
    assert_eq!((status(&desk.payment), next_step(&desk.payment)), (Status::Refunded, None));
}

#[test]
fn a_cancel_after_payment_and_a_lost_stock_give_all_back() {
    for end in [cancelled(), Fact::CommitRejected] {
        let desk = Desk::paid().hear(end.clone()).hear(end).refunded();
        assert_eq!(desk.names(), [EventType::PaymentSuccess, EventType::PaymentRefunded]);
        let Some(Event::PaymentRefunded(refunded)) = desk.said.last() else { panic!("{desk:?}") };
        assert_eq!(refunded.refunded_total, Some(Money::new(1000, "EUR")));
    }
    assert_eq!(Desk::paid().hear(Fact::Expired).payment.refunds, []);
}

#[test]
fn silence_is_unknown_and_is_asked_about_less_and_less_often() {
    let mut desk = Desk::charging().unknown();
    assert_eq!((desk.names(), desk.payment.due_at), (vec![EventType::PaymentUnknown], Some(at(1))));
    assert!(matches!(next_step(&desk.payment), Some(Step::Retrieve { .. })));
    for pause in [2, 4, 8, 16, 32, 60, 60] {
        desk = desk.gateway(GatewayFact::NoNews);
        assert_eq!(desk.payment.due_at, Some(at(pause)));
    }
    let hinted = desk.clone().gateway(GatewayFact::Hint);
    assert_eq!(hinted.payment.due_at, Some(at(0)));
    assert_eq!(desk.gateway(captured()).names(), [EventType::PaymentUnknown, EventType::PaymentSuccess]);
}

#[test]
fn an_unknown_attempt_that_the_gateway_does_not_know_may_be_tried_again() {
    let desk = Desk::charging();
    let not_charged = |desk: &Desk| GatewayFact::NotCharged { attempt_id: desk.payment.attempts[0].id, code: None };
    // Not while its confirm is under way.
    let early = desk.clone().gateway(not_charged(&desk));
    assert_eq!(early.attempt().state, AttemptState::Open);
    let fact = not_charged(&desk);
    let desk = desk.unknown().gateway(fact.clone());
    assert_eq!(desk.attempt().decline_code.as_deref(), Some(gateway::NOT_PROCESSED));
    // An old answer does not end a new attempt.
    let desk = desk.confirm().unknown().gateway(fact);
    assert_eq!(desk.attempt().state, AttemptState::Unknown);
}

#[test]
fn another_amount_or_currency_is_never_counted() {
    for (amount_minor, currency) in [(999, "EUR"), (1001, "EUR"), (1000, "USD")] {
        let strange = GatewayFact::Captured { amount_minor, currency: currency.to_owned() };
        let desk = Desk::charging().gateway(strange);
        assert_eq!((desk.payment.captured_minor, desk.names()), (0, vec![EventType::PaymentUnknown]));
        assert_eq!(desk.payment.mismatch, Some(Mismatch { amount_minor, currency: currency.to_owned() }));
        let desk = desk.hear(cancelled());
        assert_eq!((next_step(&desk.payment), desk.payment.final_word), (None, None));
    }
}

#[test]
fn a_step_taken_is_not_due_until_its_lease_is_over() {
    let desk = Desk::open().confirm();
    assert_eq!(desk.payment.due_at, Some(at(0)));
    let desk = desk.send();
    assert_eq!(desk.payment.due_at, Some(at(0) + work::STEP_LEASE));
    // What changes nothing about the step leaves the lease alone; a cancel waits for the charge's own answer.
    let desk = desk.intent().send().hear(cancelled());
    assert_eq!(desk.payment.due_at, Some(at(0) + work::STEP_LEASE));
    assert_eq!(desk.unknown().payment.due_at, Some(at(1)));
}

#[test]
fn parts_go_back_by_hand_and_never_more_than_was_captured() {
    assert_eq!(Desk::open().refund(Some(1)).unwrap_err(), Refused::RefundExceedsCapture { left_minor: 0 });
    assert_eq!(Desk::paid().refund(Some(1000)).unwrap_err(), Refused::CancelInstead);
    assert_eq!(Desk::paid().refund(None).unwrap_err(), Refused::CancelInstead);
    for amount in [0, -1, 1001] {
        let refused = Desk::paid().refund(Some(amount)).unwrap_err();
        assert_eq!(refused, Refused::RefundExceedsCapture { left_minor: 1000 });
    }
    let desk = Desk::paid().refund(Some(400)).unwrap();
    assert_eq!(desk.clone().refund(Some(601)).unwrap_err(), Refused::RefundExceedsCapture { left_minor: 600 });
    assert_eq!(desk.clone().refund(Some(600)).unwrap_err(), Refused::CancelInstead);
    let desk = desk.refunded();
    assert_eq!(status(&desk.payment), Status::PartiallyRefunded);
    let desk = desk.hear(Fact::OrderShipped).refund(None).unwrap().refunded();
    assert_eq!((status(&desk.payment), desk.payment.refund_target_minor), (Status::Refunded, 1000));
}

#[test]
fn a_cancel_gives_back_what_a_person_has_not() {
    let desk = Desk::paid().refund(Some(400)).unwrap().hear(cancelled());
    let amounts: Vec<_> = desk.payment.refunds.iter().map(|refund| refund.amount_minor).collect();
    assert_eq!(amounts, [400, 600]);
    assert_eq!(status(&desk.refunded().refunded().payment), Status::Refunded);
}

#[test]
fn what_the_gateway_will_not_give_back_is_said_and_can_be_asked_again() {
    let desk = Desk::paid().hear(Fact::OrderShipped).refund(Some(400)).unwrap();
    let refund_id = desk.payment.refunds[0].id;
    let desk = desk.gateway(GatewayFact::RefundRefused { refund_id, code: "expired_or_canceled_card".to_owned() });
    assert_eq!(desk.names().last(), Some(&EventType::RefundFailed));
    assert_eq!((next_step(&desk.payment), desk.payment.refund_given_up_minor), (None, 400));
    let desk = desk.refund(None).unwrap().refunded();
    assert_eq!((status(&desk.payment), desk.payment.refund_given_up_minor), (Status::Refunded, 0));
}

#[test]
fn the_ledger_has_both_sides_of_each_movement() {
    let (before, after) = (Desk::charging().payment, Desk::paid().payment);
    let [capture] = entries(&before, &after).try_into().unwrap();
    assert_eq!((capture.kind, capture.amount_minor), (EntryKind::Capture, 1000));
    assert_eq!((capture.debit, capture.credit), (Account::GatewayReceivable, Account::Sales));
    assert_eq!(entries(&after, &after), []);
    let pending = Desk::paid().refund(Some(400)).unwrap();
    let [refund] = entries(&pending.payment, &pending.clone().refunded().payment).try_into().unwrap();
    assert_eq!(
        (refund.kind, refund.debit, refund.credit),
        (EntryKind::Refund, Account::Sales, Account::GatewayReceivable)
    );
}

#[test]
fn events_are_read_and_senseless_ones_are_malformed() {
    let total = |amount| order::v1::OrderCreated { total: Some(Money::new(amount, "EUR")), ..Default::default() };
    for senseless in [total(0).into(), total(5).into(), order::v1::OrderCancelled::default().into()] {
        assert!(Fact::read(&senseless).is_err(), "{senseless:?}");
    }
    let release = |reason: inventory::v1::ReleaseReason| {
        Fact::read(&inventory::v1::InventoryReleased { reason: reason.into() }.into())
    };
    assert_eq!(release(inventory::v1::ReleaseReason::Expired), Ok(Some(Fact::Expired)));
    assert_eq!(release(inventory::v1::ReleaseReason::Cancelled), Ok(None));
    for closed in ["REJECTED", "EXPIRED", "CANCELLED_BY_ADMIN"] {
        assert_eq!(Closed::from_name(closed).map(Closed::as_str), Some(closed));
    }
}
