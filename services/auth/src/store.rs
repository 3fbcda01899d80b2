//! The rows of users, and the events about them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use messaging::{Outgoing, outbox};
use proto_events::Event;
use proto_events::ids::{SellerId, UserId};
use uuid::Uuid;
use web::token::Role;

use crate::domain::{Grant, role_name, role_named};
use crate::schema::users::{self, dsl};

/// A user as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub roles: Vec<String>,
    pub seller_id: Option<Uuid>,
    pub email_verified: bool,
    pub version: i64,
    pub event_seq: i64,
    pub created_at: DateTime<Utc>,
}

impl UserRow {
    pub fn user_id(&self) -> UserId {
        UserId(self.id)
    }

    pub fn grant(&self) -> Grant {
        Grant {
            roles: self.roles.iter().filter_map(|name| role_named(name)).collect(),
            seller_id: self.seller_id.map(SellerId),
        }
    }
}

/// The names of roles as the database and events hold them.
pub fn role_names(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|role| role_name(*role).to_owned()).collect()
}

/// A user to be inserted.
#[derive(Debug, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub email_key: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    pub roles: Vec<String>,
    pub seller_id: Option<Uuid>,
    pub event_seq: i64,
}

/// The name of the unique constraint on e-mails.
pub const EMAIL_TAKEN: &str = "users_email_key";

/// # Errors
/// The violation of [`EMAIL_TAKEN`]; others of the database.
pub async fn insert(conn: &mut AsyncPgConnection, user: NewUser<'_>) -> QueryResult<UserRow> {
    diesel::insert_into(dsl::users).values(user).returning(UserRow::as_returning()).get_result(conn).await
}

/// # Errors
/// Those of the database.
pub async fn by_email(conn: &mut AsyncPgConnection, email_key: &str) -> QueryResult<Option<UserRow>> {
    let user = dsl::users.filter(dsl::email_key.eq(email_key)).select(UserRow::as_select());
    user.first(conn).await.optional()
}

/// # Errors
/// Those of the database.
pub async fn by_id(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<UserRow>> {
    dsl::users.find(id.0).select(UserRow::as_select()).first(conn).await.optional()
}

/// The user, locked against other changes until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn lock(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<UserRow>> {
    dsl::users.find(id.0).select(UserRow::as_select()).for_no_key_update().first(conn).await.optional()
}

/// Replaces a password's hash.
///
/// # Errors
/// Those of the database.
pub async fn save_password(conn: &mut AsyncPgConnection, id: UserId, password_hash: &str) -> QueryResult<()> {
    let changes = (dsl::password_hash.eq(password_hash), dsl::updated_at.eq(diesel::dsl::now));
    diesel::update(dsl::users.find(id.0)).set(changes).execute(conn).await.map(drop)
}

runtime::statement! {
    /// All admins and one user more, so that two admins who take the role from each other do so one after the other.
    struct LockAdminsAnd { id: Uuid as diesel::sql_types::Uuid }
    "SELECT id, 'ADMIN' = ANY (roles) FROM users WHERE 'ADMIN' = ANY (roles) OR id = ? \
     ORDER BY id FOR NO KEY UPDATE" -> (diesel::sql_types::Uuid, diesel::sql_types::Bool)
}

/// Locks a user whose roles are to change, and all who are ADMIN. Says how many besides this user are.
///
/// # Errors
/// Those of the database.
pub async fn lock_for_roles(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<(UserRow, usize)>> {
    let locked: Vec<(Uuid, bool)> = LockAdminsAnd { id: id.0 }.load(conn).await?;
    let other_admins = locked.iter().filter(|(other, admin)| *admin && *other != id.0).count();
    Ok(by_id(conn, id).await?.map(|user| (user, other_admins)))
}

/// Writes a grant and, in the same transaction, the event that tells of it. The row must be locked.
///
/// # Errors
/// Those of the database.
pub async fn save_grant(
    conn: &mut AsyncPgConnection,
    user: &UserRow,
    grant: &Grant,
    changed_by: Option<UserId>,
    traceparent: Option<&str>,
) -> QueryResult<UserRow> {
    let changes = (
        dsl::roles.eq(role_names(&grant.roles)),
        dsl::seller_id.eq(grant.seller_id.map(|seller| seller.0)),
        dsl::version.eq(dsl::version + 1),
        dsl::event_seq.eq(dsl::event_seq + 1),
        dsl::updated_at.eq(diesel::dsl::now),
    );
    let saved = diesel::update(dsl::users.find(user.id)).set(changes).returning(UserRow::as_returning());
    let saved: UserRow = saved.get_result(conn).await?;
    let event = proto_events::auth::v1::UserRolesChanged {
        roles: saved.roles.clone(),
        seller_id: grant.seller_id.map(|seller| seller.to_string()).unwrap_or_default(),
        changed_by: changed_by.map(|admin| admin.to_string()).unwrap_or_default(),
    };
    outbox::append(conn, &[told(&saved, event, traceparent)]).await?;
    Ok(saved)
}

/// Inserts a user and, in the same transaction, the event that tells of it.
///
/// # Errors
/// As [`insert`].
pub async fn register(
    conn: &mut AsyncPgConnection,
    user: NewUser<'_>,
    traceparent: Option<&str>,
) -> QueryResult<UserRow> {
    let user = insert(conn, user).await?;
    let event = proto_events::auth::v1::UserRegistered { email: user.email.clone(), name: user.name.clone() };
    outbox::append(conn, &[told(&user, event, traceparent)]).await?;
    Ok(user)
}

fn told(user: &UserRow, event: impl Into<Event>, traceparent: Option<&str>) -> Outgoing {
    Outgoing {
        id: Uuid::now_v7(),
        key: user.user_id().to_string(),
        aggregate_seq: user.event_seq,
        traceparent: traceparent.map(str::to_owned),
        event: event.into(),
    }
}
