//! The seeded bugs.

/// A seeded bug.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// As in `runtime::mutant!`.
    pub name: &'static str,
    /// What is wrong with it.
    pub wrong: &'static str,
    /// What catches it.
    pub test: Test,
    /// A part of what the test then says. It tells a failure because of the bug from any other.
    pub says: &'static str,
}

/// One test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Test {
    /// The folder of its package.
    pub folder: &'static str,
    /// The program in the package's `tests/`.
    pub program: &'static str,
    /// Its name in the program.
    pub name: &'static str,
}

impl std::fmt::Display for Test {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let package = self.folder.rsplit('/').next().unwrap_or(self.folder);
        write!(f, "{package} {}::{}", self.program, self.name)
    }
}

const fn test(folder: &'static str, program: &'static str, name: &'static str) -> Test {
    Test { folder, program, name }
}

/// All of them, along the way of an order: the events, the stock, the money, and who may do what.
pub const MUTANTS: [Mutant; 16] = [
    Mutant {
        name: "offset-before-commit",
        wrong: "The consumer's offset is stored before the transaction of its effects is committed.",
        test: test("libs/messaging", "kafka", "what_was_not_committed_at_the_end_of_a_process_comes_again"),
        says: r#"left: ["2"]"#,
    },
    Mutant {
        name: "relay-as-cursor",
        wrong: "The relay reads on behind the last id, and passes by what commits late with a lower one.",
        test: test("libs/messaging", "kafka", "an_event_that_commits_late_is_not_lost"),
        says: r#"left: ["3"]"#,
    },
    Mutant {
        name: "repeats-applied",
        wrong: "An event that the inbox knows is applied again.",
        test: test("libs/messaging", "processor", "a_repeat_changes_nothing_within_a_batch_or_later"),
        says: r#"left: ["1", "1", "2", "1"]"#,
    },
    Mutant {
        name: "dead-letter-on-database-error",
        wrong: "A record becomes a dead letter because the database was in trouble for a moment.",
        test: test("libs/messaging", "processor", "what_the_database_refuses_for_a_while_is_no_dead_letter"),
        says: r#"right: ["1"]"#,
    },
    Mutant {
        name: "unsorted-locks",
        wrong: "The SKUs of an order are locked in any order.",
        test: test("services/inventory", "it", "races::who_waits_for_a_sku_holds_none_behind_it"),
        says: "SKUs behind the one that is waited for",
    },
    Mutant {
        name: "release-without-compare",
        wrong: "Stock is let go without a look at whether it is still held.",
        test: test("e2e", "saga_model", "two_skus"),
        says: "not so: nothing is sold twice, and nothing is negative",
    },
    Mutant {
        name: "no-closed-row",
        wrong: "An ORDER_CANCELLED that overtakes its ORDER_CREATED leaves no closed row.",
        test: test("services/inventory", "it", "saga::an_end_that_overtakes_the_order_leaves_nothing_held"),
        says: r#"left: Some("HELD")"#,
    },
    Mutant {
        name: "expiry-by-own-clock",
        wrong: "A hold ends by the clock of the process, not by the database's.",
        test: test("services/inventory", "it", "expiry::a_hold_ends_by_the_clock_of_the_database"),
        says: "holds that ended",
    },
    Mutant {
        name: "expiry-refunds",
        wrong: "Payment takes the end of a hold for a decision, and gives the money back by itself.",
        test: test("e2e", "saga_model", "two_skus"),
        says: "not so: payment gives up for a cancel only what is cancelled",
    },
    Mutant {
        name: "unknown-as-failed",
        wrong: "A call to the gateway whose outcome is not known counts as declined.",
        test: test("services/payment", "it", "gateway::an_error_after_the_charge_is_unknown_and_then_found_out"),
        says: "right: 202",
    },
    Mutant {
        name: "new-refund-key-per-try",
        wrong: "Each try of a refund has an idempotency key of its own.",
        test: test("services/payment", "it", "gateway::a_refund_whose_answer_is_lost_is_made_once"),
        says: "refunds that the gateway made",
    },
    Mutant {
        name: "late-webhook-downgrades",
        wrong: "A decline that is told late takes a payment back that has succeeded since.",
        test: test("services/payment", "it", "webhooks::a_decline_that_is_told_after_the_charge_takes_nothing_back"),
        says: r#"left: (String("REQUIRES_PAYMENT"), Number(0), String("DECLINED"))"#,
    },
    Mutant {
        name: "price-at-payment-time",
        wrong: "An order costs what its products cost when it is paid, not when it was placed.",
        test: test("services/order", "it", "saga::an_order_costs_what_it_cost_when_it_was_placed"),
        says: "Number(1300)",
    },
    Mutant {
        name: "key-after-commit",
        wrong: "An Idempotency-Key is kept after the transaction of its work, not in it.",
        test: test("libs/web", "it", "idempotency::a_crash_leaves_neither_work_nor_key"),
        says: "work that was done",
    },
    Mutant {
        name: "refresh-reuse-ignored",
        wrong: "A refresh token that was exchanged long ago works again.",
        test: test("services/auth", "api", "sessions::a_token_used_long_ago_ends_its_family_and_no_other"),
        says: "right: 401",
    },
    Mutant {
        name: "seller-by-role-only",
        wrong: "A seller may touch what belongs to any seller.",
        test: test("services/inventory", "it", "stock::sellers_touch_their_own_stock_only"),
        says: "right: 403",
    },
];
