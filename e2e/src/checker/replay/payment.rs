//! What a payment said, against what it is. What it heard from the gateway is on no topic, so it is not driven again.

use payment::domain::{FailureReason, FinalWord};
use proto_events::Event;
use proto_events::payment::v1 as wire;

use super::{History, difference};

/// How the payment on record is another than what it said; `None` when it is not.
pub fn differs(history: &History, on_record: &[String]) -> Option<String> {
    let (mut word, mut captured): (Option<FinalWord>, Option<i64>) = (None, None);
    let (mut refunded, mut refused, mut initiated): (Option<i64>, u32, bool) = (None, 0, false);
    for event in &history.payment {
        match event {
            Event::PaymentSuccess(success) => {
                word = Some(FinalWord::Success);
                captured = success.captured.as_ref().map(|money| money.amount_minor);
            }
            Event::PaymentFailed(failed) => word = reason(failed.reason()).map(FinalWord::Failed),
            Event::PaymentRefunded(back) => {
                refunded = refunded.max(back.refunded_total.as_ref().map(|money| money.amount_minor));
            }
            Event::RefundFailed(_) => refused += 1,
            Event::PaymentInitiated(_) => initiated = true,
            _ => {}
        }
    }
    let by_events = [
        word.map(|word| format!("said {}", name(word))),
        captured.map(|minor| format!("captured {minor}")),
        initiated.then(|| "initiated".to_owned()),
        refunded.map(|minor| format!("refunded {minor}")),
        (refused > 0).then(|| format!("refused {refused}")),
    ];
    difference(on_record, &by_events.into_iter().flatten().collect::<Vec<_>>())
}

fn reason(reason: wire::FailureReason) -> Option<FailureReason> {
    match reason {
        wire::FailureReason::Declined => Some(FailureReason::Declined),
        wire::FailureReason::Expired => Some(FailureReason::Expired),
        wire::FailureReason::Cancelled => Some(FailureReason::Cancelled),
        wire::FailureReason::Unspecified => None,
    }
}

/// The name in the database.
fn name(word: FinalWord) -> &'static str {
    match word {
        FinalWord::Success => "SUCCESS",
        FinalWord::Failed(reason) => reason.as_str(),
    }
}
