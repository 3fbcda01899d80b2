//! Staff's changes: one transaction that checks, moves and books.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use messaging::outbox;
use web::etag::{IfMatch, IfNoneMatch, precondition_failed};
use web::idempotency::{self, Begin, Claim};
use web::{Answer, Caller, Faults, Problem};

use crate::domain::{self, Change, ChangeRefused, ON_HAND_MAX, Said, Sku, Stock};
use crate::products::{self, Owner};
use crate::retry::{Failure, Retries};
use crate::store::{self, Shelf};

use super::Parts;
use super::shown::StaffStock;

/// What staff want of a SKU's stock.
pub(super) struct Wanted<'a> {
    pub caller: &'a Caller,
    pub sku: Sku,
    pub kind: Kind,
    pub reason: String,
    pub traceparent: String,
}

pub(super) enum Kind {
    Count { on_hand: i64, if_match: IfMatch, if_none_match: IfNoneMatch },
    Adjust { delta: i64 },
}

/// Done anew, or done before with the same key.
enum Reply {
    Fresh(Result<Answer, Problem>),
    Kept(Answer),
}

/// Does it, once per `claim`.
///
/// # Errors
/// Every refusal of the two calls.
pub(super) async fn change(app: &Parts, wanted: &Wanted<'_>, claim: Option<&Claim>) -> Result<HttpResponse, Problem> {
    // A seller's SKU has to be a product of theirs, which may have been made only just now.
    let owner = match wanted.caller.has(web::token::Role::Admin) {
        true => products::owner(&mut *app.pool.get().await?, &wanted.sku).await?,
        false => products::owner_soon(&app.pool, &wanted.sku).await?,
    };
    let mut retries = Retries::new();
    let reply = loop {
        match transaction(app, wanted, owner, claim).await {
            Err(failure) if retries.again_after(&failure).await => {}
            result => break result?,
        }
    };
    match reply {
        Reply::Kept(stored) => idempotency::replay(stored),
        Reply::Fresh(answer) => {
            app.wake.wake();
            app.display.forget(&wanted.sku).await;
            answer.map(Answer::into_response)
        }
    }
}

async fn transaction(
    app: &Parts,
    wanted: &Wanted<'_>,
    owner: Option<Owner>,
    claim: Option<&Claim>,
) -> Result<Reply, Failure> {
    let mut conn = app.pool.get().await?;
    conn.transaction(async |conn| {
        if let Some(claim) = claim {
            match idempotency::begin(conn, std::slice::from_ref(claim)).await?.pop() {
                Some(Begin::Start) => {}
                Some(Begin::Replay(stored)) => return Ok(Reply::Kept(stored)),
                Some(Begin::Reused) => return Ok(Reply::Fresh(Err(idempotency::reused()))),
                Some(Begin::InUse) | None => return Ok(Reply::Fresh(Err(idempotency::in_use()))),
            }
        }
        // A refusal comes before anything is written, so there is nothing to roll back but the key's.
        let answer = check_and_write(conn, wanted, owner).await?;
        let kept = match &answer {
            Ok(answer) => Some(answer.clone()),
            Err(problem) => problem.is_final().then(|| Answer::from_problem(problem)),
        };
        if let (Some(claim), Some(kept)) = (claim, &kept) {
            idempotency::finish(conn, &[(claim, kept)]).await?;
        }
        Ok(Reply::Fresh(answer))
    })
    .await
}

async fn check_and_write(
    conn: &mut AsyncPgConnection,
    wanted: &Wanted<'_>,
    owner: Option<Owner>,
) -> QueryResult<Result<Answer, Problem>> {
    let (shelf, at) = store::lock_shelf(conn, &wanted.sku).await?;
    if let Err(problem) = check(wanted, owner, shelf.as_ref()) {
        return Ok(Err(problem));
    }
    let Shelf { stock, on_hand_at_version } =
        shelf.clone().unwrap_or_else(|| Shelf { stock: Stock::new(wanted.sku.clone()), on_hand_at_version: 0 });
    let user = wanted.caller.user_id();
    let change = Change { actor: user, reason: wanted.reason.clone(), at };
    let changed = match &wanted.kind {
        Kind::Count { on_hand, .. } => {
            // Somebody who was shown nothing can only mean the figures that the version was made with.
            let seen = store::recall(conn, user, &wanted.sku, stock.version).await?;
            domain::count(stock, *on_hand, seen.unwrap_or(on_hand_at_version), change)
        }
        Kind::Adjust { delta } => domain::adjust(stock, *delta, change),
    };
    let (mut stock, movement, said) = match changed {
        Ok(changed) => changed,
        Err(refused) => return Ok(Err(problem(&wanted.kind, refused))),
    };
    let events = said.into_iter().map(|(Said::Sku(_, event) | Said::Order(_, event))| event);
    let sku = wanted.sku.as_str();
    let outgoing = outbox::number(sku, &mut stock.event_seq, events, Some(&wanted.traceparent));
    if shelf.is_some() {
        store::update_shelf(conn, &stock, movement.as_ref()).await?;
    } else if !store::insert_shelf(conn, &stock, movement.as_ref()).await? {
        return Ok(Err(precondition_failed()));
    }
    outbox::append(conn, &outgoing).await?;
    let status = match &wanted.kind {
        Kind::Count { .. } => StatusCode::OK,
        Kind::Adjust { .. } => StatusCode::CREATED,
    };
    let shown = StaffStock::changed(&stock);
    store::remember(conn, user, &[shown.look()]).await?;
    let answer = Answer::json(status, &shown);
    Ok(answer.map(|answer| answer.etag(stock.version)))
}

/// Existence, then permission, then the precondition.
fn check(wanted: &Wanted<'_>, owner: Option<Owner>, shelf: Option<&Shelf>) -> Result<(), Problem> {
    let version = shelf.map_or(0, |shelf| shelf.stock.version);
    let starts = match &wanted.kind {
        Kind::Count { if_none_match, .. } => if_none_match.is_any(),
        Kind::Adjust { .. } => false,
    };
    let is_admin = wanted.caller.may_touch(None);
    // An admin may count before the catalog's event is here.
    if owner.is_none() && shelf.is_none() && !(is_admin && starts) {
        return Err(Problem::not_found());
    }
    if !wanted.caller.may_touch(owner.flatten()) {
        return Err(Problem::forbidden("Another seller's stock."));
    }
    match &wanted.kind {
        Kind::Count { .. } if starts && shelf.is_some() => Err(precondition_failed()),
        Kind::Count { .. } if starts => Ok(()),
        Kind::Count { if_match, .. } => if_match.check(version),
        Kind::Adjust { .. } => Ok(()),
    }
}

fn problem(kind: &Kind, refused: ChangeRefused) -> Problem {
    match refused {
        ChangeRefused::StockReserved { reserved } => {
            Problem::conflict("stock_reserved", "Less would be left than is promised to buyers.")
                .with("reserved", reserved)
        }
        ChangeRefused::TooMuch => {
            let field = match kind {
                Kind::Count { .. } => "/on_hand",
                Kind::Adjust { .. } => "/delta",
            };
            let mut faults = Faults::new();
            faults.add(field, "out_of_range", format!("More than {ON_HAND_MAX} would be on hand."));
            faults.into_result().err().unwrap_or_else(Problem::not_found)
        }
    }
}
