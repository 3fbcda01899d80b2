//! Who is who, and who may do what.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use proto_events::ids::{SellerId, UserId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::token::Role;
use web::trace::TraceContext;
use web::{Admin, Answer, Body, Caller, Faults, IfMatch, List, Page, Path, Problem};

use super::User;
use crate::Auth;
use crate::domain::{Refused, email_key};
use crate::schema::users::dsl;
use crate::store::{self, UserRow};

/// Which users are asked for.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// The one with this e-mail; its case does not count.
    #[schema(max_length = 254)]
    #[param(max_length = 254)]
    email: Option<String>,
}

/// What a user may do from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// All roles of the user; one that is missing is taken away.
    #[schema(min_items = 1, max_items = 3)]
    roles: Vec<Role>,
    /// Only with SELLER. A seller without one keeps the one they had, or becomes a new seller.
    #[schema(value_type = Option<String>, pattern = "^sel_[0-9a-f]{32}$")]
    seller_id: Option<SellerId>,
}

/// Show the caller
#[utoipa::path(get, path = "/api/v1/users/me", operation_id = "getMe", tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The caller", body = User), (status = 304, description = "Unchanged"),
        web::openapi::CallerRefusals, web::openapi::Refusals))]
pub async fn me(caller: Caller, auth: Data<Auth>, req: HttpRequest) -> Result<HttpResponse, Problem> {
    show(&auth, &req, caller.user_id()).await
}

/// Show a user
///
/// Admins may see all users, others themselves.
#[utoipa::path(get, path = "/api/v1/users/{id}", operation_id = "getUser", tag = "auth", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "The user", body = User), (status = 304, description = "Unchanged"),
        web::openapi::CallerRefusals, web::openapi::Refusals))]
pub async fn get(
    caller: Caller,
    id: Path<UserId>,
    auth: Data<Auth>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    if *id != caller.user_id() && !caller.has(Role::Admin) {
        return Err(Problem::not_found());
    }
    show(&auth, &req, *id).await
}

async fn show(auth: &Auth, req: &HttpRequest, id: UserId) -> Result<HttpResponse, Problem> {
    let user = store::by_id(&mut *auth.database()?.connection().await?, id).await?.ok_or_else(Problem::not_found)?;
    web::versioned(req, user.version, &User::from(&user))
}

/// List users, the newest first
#[utoipa::path(get, path = "/api/v1/users", operation_id = "listUsers", tag = "auth", security(("bearer" = [])),
    params(UserFilter, ("limit" = Option<i64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page", body = Page<User>),
        web::openapi::CallerRefusals, web::openapi::Refusals))]
pub async fn list(_admin: Admin, query: List<UserFilter>, auth: Data<Auth>) -> Result<Json<Page<User>>, Problem> {
    let mut users =
        dsl::users.select(UserRow::as_select()).order(dsl::id.desc()).limit(query.page.fetch()).into_boxed();
    if let Some(after) = query.page.after::<UserId>()? {
        users = users.filter(dsl::id.lt(after.0));
    }
    if let Some(email) = &query.filter.email {
        users = users.filter(dsl::email_key.eq(email_key(email)));
    }
    let rows: Vec<UserRow> = users.load(&mut *auth.database()?.connection().await?).await?;
    Ok(Json(Page::build(&query.page, rows, UserRow::user_id, |row| User::from(&row))))
}

/// Show a user whose roles are to be changed
#[utoipa::path(get, path = "/api/v1/users/{id}/roles", operation_id = "getRoles", tag = "auth", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "The user", body = User), (status = 304, description = "Unchanged"),
        web::openapi::CallerRefusals, web::openapi::Refusals))]
pub async fn get_roles(
    _admin: Admin,
    id: Path<UserId>,
    auth: Data<Auth>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    show(&auth, &req, *id).await
}

/// Change what a user may do
///
/// Access tokens that were given out before keep their roles until they expire. There is always an admin: the last one
/// cannot lose the role (409 `last_admin`).
#[utoipa::path(put, path = "/api/v1/users/{id}/roles", operation_id = "putRoles", tag = "auth", security(("bearer" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = Roles,
    responses((status = 200, description = "Changed", body = User), web::openapi::CallerRefusals,
        web::openapi::BodyRefusals, web::openapi::PreconditionRefusals, web::openapi::Refusals))]
pub async fn put_roles(
    admin: Admin,
    body: Body<Roles>,
    id: Path<UserId>,
    if_match: IfMatch,
    trace: TraceContext,
    auth: Data<Auth>,
) -> Result<Answer, Problem> {
    let (database, admin, traceparent) = (auth.database()?, admin.user_id(), trace.to_string());
    let (body, id) = (body.into_inner(), id.into_inner());
    let mut conn = database.connection().await?;
    let changed = conn.transaction::<_, Problem, _>(async |conn| {
        let locked = store::lock_for_roles(conn, id).await?;
        let (user, other_admins) = locked.ok_or_else(Problem::not_found)?;
        if_match.check(user.version)?;
        let fresh = SellerId(Uuid::now_v7());
        let grant = user.grant().change(&body.roles, body.seller_id, fresh, other_admins).map_err(refused)?;
        if grant == user.grant() {
            return Ok(user);
        }
        Ok(store::save_grant(conn, &user, &grant, Some(admin), Some(&traceparent)).await?)
    });
    let user = changed.await?;
    database.wake.wake();
    Ok(Answer::json(StatusCode::OK, &User::from(&user))?.etag(user.version))
}

fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::LastAdmin => Problem::conflict("last_admin", "Nobody else is an administrator."),
        Refused::SellerIdWithoutRole => {
            let mut faults = Faults::new();
            faults.add("/seller_id", "invalid_value", "Only with the role SELLER.");
            faults.into_result().err().unwrap_or_else(Problem::not_found)
        }
    }
}
