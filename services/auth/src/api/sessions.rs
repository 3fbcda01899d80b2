//! Signing in, staying signed in, and signing out.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use diesel_async::AsyncConnection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::rate_limit::Policy;
use web::token::Claims;
use web::{Body, Problem};

use super::User;
use crate::domain::email_key;
use crate::sessions::{self, Issued, RefreshToken, Rotation};
use crate::store::{self, UserRow};
use crate::{Auth, metrics};

/// The cookie that holds the refresh token.
const COOKIE: &str = "waybill_refresh";
/// The only calls that see the cookie.
const COOKIE_PATH: &str = "/api/v1/auth";
/// An access token cannot be taken back, so it lives only this long, in seconds.
const ACCESS_TOKEN_LIFETIME: i64 = 600;
/// Tries to guess a password, per e-mail. Logins that succeed do not count.
const FAILED_LOGINS: Policy = Policy::per_minute("failed-logins", 10);

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[schema(min_length = 1, max_length = 254, example = "buyer@example.com")]
    email: String,
    #[schema(min_length = 1, max_length = 128, format = "password")]
    password: String,
}

/// Proof of who calls, for a short time. The refresh token is in the cookie `waybill_refresh`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// For the `Authorization` header.
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 600)]
    pub expires_in: i64,
    pub user: User,
}

/// Sign in with e-mail and password
///
/// An unknown e-mail and a wrong password get the same answer.
#[utoipa::path(post, path = "/api/v1/auth/login", operation_id = "login", tag = "auth",
    request_body = Login,
    responses((status = 200, description = "Signed in", body = Session),
        (status = 401, description = "Not this e-mail with this password (`invalid_credentials`)", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        web::openapi::BodyRefusals, web::openapi::Refusals))]
pub async fn login(body: Body<Login>, auth: Data<Auth>) -> Result<HttpResponse, Problem> {
    let email_key = email_key(&body.email);
    auth.http.limiter().peek(FAILED_LOGINS, &email_key).await.inspect_err(|_| metrics::login("limited"))?;
    let known = store::by_email(&mut *auth.database()?.connection().await?, &email_key).await?;
    let stored = known.as_ref().map(|user| user.password_hash.as_str());
    let matches = auth.passwords.verify(&body.password, stored).await?;
    let Some(user) = known.filter(|_| matches) else {
        metrics::login("failed");
        auth.http.limiter().count(FAILED_LOGINS, &email_key).await?;
        return Err(invalid_credentials());
    };
    let stronger = auth.passwords.rehash(&body.password, &user.password_hash).await?;
    let mut conn = auth.database()?.connection().await?;
    let opened = conn.transaction::<_, Problem, _>(async |conn| {
        // Locked, so that sign-ins at once do not add up to more families than allowed, and read again: the password
        // may have been changed while it was being checked.
        let current = store::lock(conn, user.user_id()).await?;
        let current = current.filter(|current| current.password_hash == user.password_hash);
        let Some(current) = current else { return Err(invalid_credentials()) };
        if let Some(password_hash) = &stronger {
            store::save_password(conn, current.user_id(), password_hash).await?;
        }
        Ok((sessions::open(conn, current.user_id()).await?, current))
    });
    let (issued, user) = opened.await?;
    metrics::login("succeeded");
    signed_in(&auth, &user, &issued)
}

/// Exchange the cookie for a new access token and a new cookie
///
/// A used refresh token works again for 10 seconds. After that its use ends the whole sign-in.
#[utoipa::path(post, path = "/api/v1/auth/refresh", operation_id = "refresh", tag = "auth",
    responses((status = 200, description = "Still signed in", body = Session),
        (status = 401, description = "No cookie, or one that does not hold (`unauthenticated`)", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        web::openapi::Refusals))]
pub async fn refresh(req: HttpRequest, auth: Data<Auth>) -> Result<HttpResponse, Problem> {
    let presented = refresh_token(&req).ok_or_else(not_signed_in)?;
    let mut conn = auth.database()?.connection().await?;
    let exchanged = conn.transaction::<_, Problem, _>(async |conn| {
        let rotation = sessions::rotate(conn, &presented).await?;
        match rotation {
            Rotation::Rotated(id, issued) => Ok(store::by_id(conn, id).await?.map(|user| (user, issued))),
            Rotation::Invalid => Ok(None),
            Rotation::Stolen(id) => {
                metrics::REFRESH_REUSED.inc();
                tracing::warn!(user = %id, "a refresh token came back after it was exchanged, its sign-in is ended");
                Ok(None)
            }
        }
    });
    let (user, issued) = exchanged.await?.ok_or_else(not_signed_in)?;
    signed_in(&auth, &user, &issued)
}

/// Sign out
///
/// Ends the sign-in that the cookie belongs to. Without a cookie there is nothing to end, and the answer is the same.
#[utoipa::path(post, path = "/api/v1/auth/logout", operation_id = "logout", tag = "auth",
    responses((status = 204, description = "Signed out"), web::openapi::Refusals))]
pub async fn logout(req: HttpRequest, auth: Data<Auth>) -> Result<HttpResponse, Problem> {
    if let Some(token) = refresh_token(&req) {
        sessions::revoke(&mut *auth.database()?.connection().await?, &token).await?;
    }
    let gone = cookie(&auth, String::new(), Duration::ZERO);
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

/// Looks for our cookie only: those that other programs on this host have set may be malformed.
fn refresh_token(req: &HttpRequest) -> Option<RefreshToken> {
    let headers = req.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, value)| RefreshToken::parse(value))
}

fn signed_in(auth: &Auth, user: &UserRow, issued: &Issued) -> Result<HttpResponse, Problem> {
    let session = Session {
        access_token: access_token(auth, user)?,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME,
        user: User::from(user),
    };
    let refresh = cookie(auth, issued.token.text(), Duration::seconds(issued.lifetime.num_seconds()));
    Ok(HttpResponse::build(StatusCode::OK)
        .cookie(refresh)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(session))
}

fn access_token(auth: &Auth, user: &UserRow) -> Result<String, Problem> {
    // Verifiers compare with their own process' clock, so this is the clock that counts here.
    let now = Utc::now().timestamp();
    let grant = user.grant();
    let claims = Claims {
        sub: user.user_id(),
        email: user.email.clone(),
        name: user.name.clone(),
        roles: grant.roles,
        seller_id: grant.seller_id,
        jti: Uuid::now_v7().simple().to_string(),
        iat: now,
        nbf: now,
        exp: now + ACCESS_TOKEN_LIFETIME,
    };
    auth.signer.sign(&claims).map_err(Problem::internal)
}

fn cookie(auth: &Auth, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(COOKIE_PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(auth.secure_cookies)
        .max_age(max_age)
        .finish()
}

fn invalid_credentials() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "There is nobody with this e-mail and password.")
}

fn not_signed_in() -> Problem {
    Problem::unauthenticated("There is no sign-in that goes on: sign in again.")
}
