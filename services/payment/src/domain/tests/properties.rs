use proptest::prelude::*;
use proto_events::EventType;

use super::*;

#[derive(Debug, Clone)]
enum Input {
    Hear(Fact),
    Gateway(GatewayFact),
    /// Of the first, second or third attempt.
    Unknown(usize),
    Declined(usize),
    NotCharged(usize),
    Refunded(usize),
    RefundRefused(usize),
    Confirm,
    Refund(i64),
    Wait,
}

fn any_input() -> impl Strategy<Value = Input> {
    let fact = prop::sample::select(vec![
        ordered(None),
        ordered(Some("pm_card_visa")),
        reserved(),
        reserved(),
        cancelled(),
        Fact::OrderShipped,
        Fact::Rejected,
        Fact::Expired,
        Fact::CommitRejected,
    ]);
    let gateway = prop::sample::select(vec![
        GatewayFact::IntentCreated { intent_id: "pi_1".to_owned() },
        captured(),
        GatewayFact::IntentCancelled,
        GatewayFact::NoNews,
        GatewayFact::Hint,
    ]);
    prop_oneof![
        4 => fact.prop_map(Input::Hear),
        4 => gateway.prop_map(Input::Gateway),
        1 => (0usize..3).prop_map(Input::Unknown),
        1 => (0usize..3).prop_map(Input::Declined),
        1 => (0usize..3).prop_map(Input::NotCharged),
        1 => (0usize..3).prop_map(Input::Refunded),
        1 => (0usize..3).prop_map(Input::RefundRefused),
        2 => Just(Input::Confirm),
        1 => (1i64..1000).prop_map(Input::Refund),
        1 => Just(Input::Wait),
    ]
}

fn give(desk: Desk, input: &Input) -> Desk {
    let attempt = |number: usize| desk.payment.attempts.get(number).map(|attempt| attempt.id);
    let refund = |number: usize| desk.payment.refunds.get(number).map(|refund| refund.id);
    let code = || "code".to_owned();
    let fact = match input {
        Input::Hear(fact) => return desk.hear(fact.clone()),
        Input::Gateway(fact) => Some(fact.clone()),
        Input::Unknown(number) => attempt(*number).map(|attempt_id| GatewayFact::Unknown { attempt_id }),
        Input::Declined(number) => {
            attempt(*number).map(|attempt_id| GatewayFact::Declined { attempt_id, code: code() })
        }
        Input::NotCharged(number) => {
            attempt(*number).map(|attempt_id| GatewayFact::NotCharged { attempt_id, code: None })
        }
        Input::Refunded(number) => refund(*number).map(|refund_id| GatewayFact::Refunded { refund_id }),
        Input::RefundRefused(number) => {
            refund(*number).map(|refund_id| GatewayFact::RefundRefused { refund_id, code: code() })
        }
        Input::Confirm => {
            let mut next = desk.clone();
            let context = next.context();
            return match confirm(desk.payment.clone(), "pm".to_owned(), &context) {
                Ok(result) => next.take(result),
                Err(_) => desk,
            };
        }
        Input::Refund(amount) => return desk.clone().refund(Some(*amount)).unwrap_or(desk),
        Input::Wait => return desk.at(800).send(),
    };
    match fact {
        Some(fact) => desk.gateway(fact),
        None => desk,
    }
}

proptest! {
    #[test]
    fn money_adds_up_whatever_happens(inputs in prop::collection::vec(any_input(), 0..60)) {
        let mut desk = Desk::new();
        let mut books = 0;
        for input in &inputs {
            let before = desk.payment.clone();
            desk = give(desk, input);
            let p = &desk.payment;
            books += entries(&before, p).iter().map(|e| if e.kind == EntryKind::Capture { e.amount_minor } else { -e.amount_minor }).sum::<i64>();
            let back = p.refunds_in(RefundState::Succeeded);
            prop_assert_eq!(books, p.captured_minor - back);
            prop_assert!(back + p.refunds_in(RefundState::Pending) <= p.captured_minor);
            prop_assert!(before.refund_target_minor <= p.refund_target_minor && p.refund_target_minor <= p.captured_minor);
            prop_assert!(p.attempts.len() <= ATTEMPTS_MAX);
            prop_assert!(p.attempts.iter().filter(|a| matches!(a.state, AttemptState::Open | AttemptState::Unknown)).count() <= 1);
            prop_assert!(before.final_word.is_none() || before.final_word == p.final_word);
            prop_assert!(p.due_at.is_some() || next_step(p).is_none());
            let ids: std::collections::BTreeSet<_> = p.refunds.iter().map(|refund| refund.id).collect();
            prop_assert_eq!(ids.len(), p.refunds.len());
        }
        let words = desk.names().into_iter().filter(|name| matches!(name, EventType::PaymentSuccess | EventType::PaymentFailed));
        prop_assert!(words.count() <= 1);
    }

    #[test]
    fn what_is_heard_twice_is_heard_once(inputs in prop::collection::vec(any_input(), 0..40)) {
        let mut desk = Desk::new();
        for input in &inputs {
            desk = give(desk, input);
            let asks = matches!(input, Input::Confirm | Input::Refund(_) | Input::Wait | Input::Unknown(_));
            if !asks && !matches!(input, Input::Gateway(GatewayFact::NoNews)) {
                let again = give(desk.clone(), input);
                prop_assert_eq!(&again.payment, &desk.payment);
                prop_assert_eq!(&again.said, &desk.said);
            }
        }
    }
}
