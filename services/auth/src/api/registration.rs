//! Signing up.

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use diesel_async::AsyncConnection;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::trace::TraceContext;
use web::{Answer, Body, Problem, problem};

use super::User;
use crate::Auth;
use crate::domain::{Grant, email_key};
use crate::store::{self, NewUser};

/// Who signs up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    #[schema(
        max_length = 254,
        pattern = r#"^[^\s@"(),:;<>\[\]\\.]+(\.[^\s@"(),:;<>\[\]\\.]+)*@[A-Za-z0-9\u0080-\uFFFF]([A-Za-z0-9\u0080-\uFFFF-]*[A-Za-z0-9\u0080-\uFFFF])?(\.[A-Za-z0-9\u0080-\uFFFF]([A-Za-z0-9\u0080-\uFFFF-]*[A-Za-z0-9\u0080-\uFFFF])?)+$"#,
        example = "buyer@example.com"
    )]
    email: String,
    /// Any characters; all of them count.
    #[schema(min_length = 8, max_length = 128, format = "password")]
    password: String,
    #[schema(min_length = 1, max_length = 100, pattern = r"\S", example = "Bo Buyer")]
    name: String,
}

/// Register a new customer
#[utoipa::path(post, path = "/api/v1/auth/register", operation_id = "register", tag = "auth",
    request_body = Registration,
    responses((status = 201, description = "Registered", body = User), web::openapi::BodyRefusals, web::openapi::Refusals))]
pub async fn register(body: Body<Registration>, trace: TraceContext, auth: Data<Auth>) -> Result<Answer, Problem> {
    let email_key = email_key(&body.email);
    // Asked before the expensive hash; the unique constraint decides.
    if store::by_email(&mut *auth.database()?.connection().await?, &email_key).await?.is_some() {
        return Err(email_taken());
    }
    let password_hash = auth.passwords.hash(&body.password).await?;
    let new = NewUser {
        id: Uuid::now_v7(),
        email: &body.email,
        email_key: &email_key,
        name: &body.name,
        password_hash: &password_hash,
        roles: store::role_names(&Grant::customer().roles),
        seller_id: None,
        event_seq: 1,
    };
    let database = auth.database()?;
    let traceparent = trace.to_string();
    let registered = database
        .connection()
        .await?
        .transaction(async |conn| store::register(conn, new, Some(&traceparent)).await)
        .await
        .map_err(|error| match problem::violates(&error, store::EMAIL_TAKEN) {
            true => email_taken(),
            false => error.into(),
        })?;
    database.wake.wake();
    let answer = Answer::json(StatusCode::CREATED, &User::from(&registered))?;
    let path = format!("/api/v1/users/{}", registered.user_id());
    Ok(answer.location(path).etag(registered.version).header(header::CACHE_CONTROL.as_str(), "no-store"))
}

fn email_taken() -> Problem {
    Problem::conflict("email_taken", "Somebody has registered with this e-mail.")
}
