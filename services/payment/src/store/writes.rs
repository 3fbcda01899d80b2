//! The writes of a transaction: one statement per table, however many payments it changes.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::Entry;
use super::rows::{final_word_name, intent_state};
use crate::domain::{Attempt, Payment, Refund, ledger};

runtime::statement! {
    /// A row that somebody else wrote in between is left alone, which the number of written rows shows.
    pub(super) struct WritePayments {
        order_ids: Vec<Uuid> as Array<SqlUuid>,
        ids: Vec<Uuid> as Array<SqlUuid>,
        user_ids: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        amounts: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        currencies: Vec<Option<String>> as Array<Nullable<Text>>,
        methods: Vec<Option<String>> as Array<Nullable<Text>>,
        deadlines: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        closed: Vec<Option<&'static str>> as Array<Nullable<Text>>,
        initiated: Vec<bool> as Array<Bool>,
        intent_ids: Vec<Option<String>> as Array<Nullable<Text>>,
        intent_states: Vec<Option<&'static str>> as Array<Nullable<Text>>,
        captured: Vec<i64> as Array<BigInt>,
        mismatches: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        mismatch_currencies: Vec<Option<String>> as Array<Nullable<Text>>,
        refund_targets: Vec<i64> as Array<BigInt>,
        given_up: Vec<i64> as Array<BigInt>,
        final_words: Vec<Option<&'static str>> as Array<Nullable<Text>>,
        shipped: Vec<bool> as Array<Bool>,
        due: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        fruitless_calls: Vec<i32> as Array<Integer>,
        event_seqs: Vec<i64> as Array<BigInt>,
        traceparents: Vec<Option<String>> as Array<Nullable<Text>>,
        versions: Vec<i64> as Array<BigInt>,
    }
    "INSERT INTO payment (order_id, id, user_id, amount_minor, currency, method, deadline, closed, initiated, intent_id, \
     intent_state, captured_minor, mismatch_minor, mismatch_currency, refund_target_minor, refund_given_up_minor, \
     final_word, shipped, due_at, fruitless_calls, event_seq, traceparent, version) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (order_id) DO UPDATE SET user_id = excluded.user_id, amount_minor = excluded.amount_minor, \
     currency = excluded.currency, method = excluded.method, deadline = excluded.deadline, closed = excluded.closed, \
     initiated = excluded.initiated, intent_id = excluded.intent_id, intent_state = excluded.intent_state, \
     captured_minor = excluded.captured_minor, mismatch_minor = excluded.mismatch_minor, \
     mismatch_currency = excluded.mismatch_currency, refund_target_minor = excluded.refund_target_minor, \
     refund_given_up_minor = excluded.refund_given_up_minor, final_word = excluded.final_word, \
     shipped = excluded.shipped, due_at = excluded.due_at, fruitless_calls = excluded.fruitless_calls, \
     event_seq = excluded.event_seq, traceparent = excluded.traceparent, version = excluded.version, \
     updated_at = clock_timestamp() WHERE payment.version = excluded.version - 1"
}

runtime::statement! {
    pub(super) struct WriteAttempts {
        ids: Vec<Uuid> as Array<SqlUuid>,
        order_ids: Vec<Uuid> as Array<SqlUuid>,
        numbers: Vec<i32> as Array<Integer>,
        methods: Vec<String> as Array<Text>,
        states: Vec<&'static str> as Array<Text>,
        decline_codes: Vec<Option<String>> as Array<Nullable<Text>>,
        started: Vec<DateTime<Utc>> as Array<Timestamptz>,
    }
    "INSERT INTO attempt (id, order_id, number, method, state, decline_code, started_at) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, decline_code = excluded.decline_code"
}

runtime::statement! {
    pub(super) struct WriteRefunds {
        ids: Vec<Uuid> as Array<SqlUuid>,
        order_ids: Vec<Uuid> as Array<SqlUuid>,
        amounts: Vec<i64> as Array<BigInt>,
        states: Vec<&'static str> as Array<Text>,
        reasons: Vec<String> as Array<Text>,
        failure_codes: Vec<Option<String>> as Array<Nullable<Text>>,
        created: Vec<DateTime<Utc>> as Array<Timestamptz>,
    }
    "INSERT INTO refund (id, order_id, amount_minor, state, reason, failure_code, created_at) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, failure_code = excluded.failure_code"
}

runtime::statement! {
    pub(super) struct WriteLedger {
        order_ids: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'static str> as Array<Text>,
        references: Vec<Uuid> as Array<SqlUuid>,
        debits: Vec<&'static str> as Array<Text>,
        credits: Vec<&'static str> as Array<Text>,
        amounts: Vec<i64> as Array<BigInt>,
        currencies: Vec<String> as Array<Text>,
    }
    "INSERT INTO ledger_entry (order_id, kind, reference, debit, credit, amount_minor, currency) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)"
}

/// Makes a statement's arrays from what a row of each is.
macro_rules! columns {
    ($rows:expr, $row:pat => $statement:ident { $($field:ident: $value:expr),* $(,)? }) => {
        $statement {
            $($field: $rows
                .iter()
                .map(|row| {
                    #[allow(unused_variables, reason = "no column needs all of a row")]
                    let $row = row;
                    $value
                })
                .collect(),)*
        }
    };
}

impl WritePayments {
    pub(super) fn of(entries: &[&Entry]) -> Self {
        let payments: Vec<(&Payment, &Entry)> = entries.iter().map(|entry| (&entry.payment, *entry)).collect();
        columns!(payments, (payment, entry) => WritePayments {
            order_ids: payment.order_id.0,
            ids: payment.id.0,
            user_ids: payment.ordered.as_ref().map(|ordered| ordered.user_id.0),
            amounts: payment.ordered.as_ref().map(|ordered| ordered.amount_minor),
            currencies: payment.ordered.as_ref().map(|ordered| ordered.currency.clone()),
            methods: payment.ordered.as_ref().and_then(|ordered| ordered.method.clone()),
            deadlines: payment.deadline,
            closed: payment.closed.map(|closed| closed.as_str()),
            initiated: payment.initiated,
            intent_ids: payment.intent.id().map(str::to_owned),
            intent_states: intent_state(&payment.intent),
            captured: payment.captured_minor,
            mismatches: payment.mismatch.as_ref().map(|mismatch| mismatch.amount_minor),
            mismatch_currencies: payment.mismatch.as_ref().map(|mismatch| mismatch.currency.clone()),
            refund_targets: payment.refund_target_minor,
            given_up: payment.refund_given_up_minor,
            final_words: payment.final_word.map(final_word_name),
            shipped: payment.shipped,
            due: payment.due_at,
            fruitless_calls: i32::try_from(payment.fruitless_calls).unwrap_or(i32::MAX),
            event_seqs: payment.event_seq,
            traceparents: entry.traceparent.clone(),
            versions: entry.version + 1,
        })
    }
}

impl WriteAttempts {
    /// In the order of their numbers: what ends an attempt comes before what opens the next.
    pub(super) fn of(attempts: &[(&Payment, &Attempt)]) -> Self {
        columns!(attempts, (payment, attempt) => WriteAttempts {
            ids: attempt.id.0,
            order_ids: payment.order_id.0,
            numbers: i32::try_from(attempt.number).unwrap_or(i32::MAX),
            methods: attempt.method.clone(),
            states: attempt.state.as_str(),
            decline_codes: attempt.decline_code.clone(),
            started: attempt.started_at,
        })
    }
}

impl WriteRefunds {
    pub(super) fn of(refunds: &[(&Payment, &Refund)]) -> Self {
        columns!(refunds, (payment, refund) => WriteRefunds {
            ids: refund.id.0,
            order_ids: payment.order_id.0,
            amounts: refund.amount_minor,
            states: refund.state.as_str(),
            reasons: refund.reason.clone(),
            failure_codes: refund.failure_code.clone(),
            created: refund.created_at,
        })
    }
}

impl WriteLedger {
    pub(super) fn of(entries: &[(&Payment, ledger::LedgerEntry)]) -> Self {
        columns!(entries, (payment, entry) => WriteLedger {
            order_ids: payment.order_id.0,
            kinds: entry.kind.as_str(),
            references: entry.reference,
            debits: entry.debit.as_str(),
            credits: entry.credit.as_str(),
            amounts: entry.amount_minor,
            currencies: entry.currency.clone(),
        })
    }
}
