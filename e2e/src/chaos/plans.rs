//! What a buyer means to do, drawn from the run's seed: the same buyers come in every run of a seed.

use std::time::Duration;

use crate::chaos::dice::Dice;

const CARDS: [&str; 3] = ["pm_card_visa", "pm_card_mastercard", "pm_card_amex"];
const DECLINED: [&str; 4] = [
    "pm_card_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds",
    "pm_card_chargeDeclinedExpiredCard",
    "pm_card_chargeDeclinedProcessingError",
];
/// Charges whose outcome comes late or by another way.
const UNCLEAR: [&str; 3] = ["pm_sim_slow", "pm_sim_timeout_after_charge", "pm_sim_error_after_charge"];
const ODD_WEBHOOKS: [&str; 4] =
    ["pm_sim_webhook_twice", "pm_sim_webhook_late", "pm_sim_webhook_out_of_order", "pm_sim_webhook_forged"];
/// Refunds that fail leave money for people to return: they are no part of this.
const ODD_REFUNDS: [&str; 3] = ["pm_card_pendingRefund", "pm_sim_error_after_refund", "pm_sim_timeout_after_refund"];
/// Of which the third is the last that is allowed.
const DECLINES_MAX: usize = 3;
/// A buyer who hangs up before the answer can be there, in milliseconds.
const HANGS_UP_AFTER_MS: std::ops::Range<u64> = 1..40;
const CANCELS_AFTER_MS: std::ops::Range<u64> = 0..3_000;

/// How many SKUs there are to choose from.
#[derive(Debug, Clone, Copy)]
pub struct Shelf {
    pub plenty: usize,
    pub scarce: usize,
}

/// One buyer's intention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Places in the list of SKUs (the scarce ones last), with quantities.
    pub items: Vec<(usize, u32)>,
    pub method: Option<&'static str>,
    pub then: Then,
    /// Submits twice at once with one key.
    pub twice: bool,
    /// Gives up the first try after so long, and tries again with the same key.
    pub hangs_up: Option<Duration>,
}

/// What the buyer does once the order is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    Waits,
    /// Confirms with these methods in turn, until one is charged.
    Confirms(Vec<&'static str>),
    CancelsAfter(Duration),
    /// Never pays: the reservation runs out.
    Forgets,
}

impl Plan {
    /// The plan of the `n`-th buyer.
    pub fn of(seed: u64, n: u64, shelf: Shelf) -> Self {
        // A stream of its own, so that no buyer's plan depends on how many came before.
        let dice = &mut Dice::of_stream(seed, n);
        let mut items = vec![(dice.index(shelf.plenty), dice.one_of(&[1, 2, 3]))];
        if dice.chance(30) {
            items.push((dice.index(shelf.plenty), dice.one_of(&[1, 2])));
        }
        if dice.chance(20) {
            items.push((shelf.plenty + dice.index(shelf.scarce), dice.one_of(&[1, 2])));
        }
        items.sort_unstable();
        items.dedup_by_key(|(sku, _)| *sku);
        let (method, then) = ways_to_pay(dice);
        let hangs_up = dice.chance(10).then(|| Duration::from_millis(dice.within(HANGS_UP_AFTER_MS)));
        Self { items, method, then, twice: dice.chance(10), hangs_up }
    }
}

fn ways_to_pay(dice: &mut Dice) -> (Option<&'static str>, Then) {
    let card = dice.one_of(&CARDS);
    let later = Duration::from_millis(dice.within(CANCELS_AFTER_MS));
    match dice.within(0..100) {
        0..40 => (Some(card), Then::Waits),
        40..52 => (None, Then::Confirms(vec![card])),
        52..60 => {
            let declines = 1 + dice.index(DECLINES_MAX);
            let mut methods: Vec<&str> = (0..declines).map(|_| dice.one_of(&DECLINED)).collect();
            methods.push(card);
            (None, Then::Confirms(methods))
        }
        60..66 => (Some(dice.one_of(&DECLINED)), Then::Confirms(vec![card])),
        66..74 => (Some(dice.one_of(&UNCLEAR)), Then::Waits),
        74..78 => (Some(dice.one_of(&UNCLEAR)), Then::CancelsAfter(later)),
        78..84 => (Some(dice.one_of(&ODD_WEBHOOKS)), Then::Waits),
        84..92 => (Some(card), Then::CancelsAfter(later)),
        92..95 => (Some(dice.one_of(&ODD_REFUNDS)), Then::CancelsAfter(later)),
        95..98 => (None, Then::CancelsAfter(later)),
        _ => (None, Then::Forgets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELF: Shelf = Shelf { plenty: 8, scarce: 2 };

    #[test]
    fn a_seed_brings_the_same_buyers_again() {
        let plans = |seed| (0..100).map(|n| Plan::of(seed, n, SHELF)).collect::<Vec<_>>();
        assert_eq!(plans(1), plans(1));
        assert_ne!(plans(1), plans(2));
    }

    #[test]
    fn there_are_buyers_of_every_kind_with_items_that_exist() {
        let plans: Vec<Plan> = (0..1000).map(|n| Plan::of(7, n, SHELF)).collect();
        for plan in &plans {
            assert!(!plan.items.is_empty() && plan.items.iter().all(|(sku, n)| *sku < 10 && *n > 0), "{plan:?}");
            assert!(plan.items.is_sorted_by(|a, b| a.0 < b.0), "no SKU twice: {plan:?}");
        }
        let some = |what: fn(&Plan) -> bool| assert!(plans.iter().any(what));
        some(|plan| plan.twice);
        some(|plan| plan.hangs_up.is_some());
        some(|plan| plan.items.len() == 3);
        some(|plan| plan.items.iter().any(|(sku, _)| *sku >= SHELF.plenty));
        some(|plan| plan.then == Then::Forgets);
        some(|plan| matches!(plan.then, Then::CancelsAfter(_)));
        some(|plan| matches!(&plan.then, Then::Confirms(methods) if methods.len() == DECLINES_MAX + 1));
        some(|plan| plan.method.is_some_and(|method| UNCLEAR.contains(&method)));
    }
}
