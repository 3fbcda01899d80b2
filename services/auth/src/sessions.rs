//! Refresh tokens: opaque, kept only as hashes, exchanged at every use, and revoked as a family when one is stolen.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryResult;
use diesel::result::OptionalExtension;
use diesel::sql_types::{BigInt, Bytea, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::ids::UserId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{Verdict, judge};

/// Who does not come back for so long has to sign in again.
const IDLE: TimeDelta = TimeDelta::days(14);
/// Who signed in so long ago has to sign in again.
const ABSOLUTE: TimeDelta = TimeDelta::days(30);
/// Sign-ins of one user that are kept: a person's devices, with room to spare.
const FAMILIES_MAX: i64 = 10;
/// Rows that one statement of [`purge`] deletes: short enough not to hold up the requests beside it.
const PURGE_CHUNK: i64 = 500;
/// 256 bits cannot be guessed.
const TOKEN_BYTES: usize = 32;

/// A refresh token as its bearer has it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; TOKEN_BYTES]);

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl RefreshToken {
    fn fresh() -> Self {
        Self(rand::random())
    }

    /// Reads what [`RefreshToken::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

/// A token that was just given out.
#[derive(Debug)]
pub struct Issued {
    pub token: RefreshToken,
    /// For how long it works if it is not used.
    pub lifetime: TimeDelta,
}

/// What became of a token that was presented.
#[derive(Debug)]
pub enum Rotation {
    /// It belongs to this user and has a successor now.
    Rotated(UserId, Issued),
    /// Unknown, revoked or expired.
    Invalid,
    /// It was exchanged long ago, so its family is revoked. Commit that.
    Stolen(UserId),
}

runtime::statement! {
    struct OpenFamily {
        id: Uuid as SqlUuid,
        user: Uuid as SqlUuid,
        absolute_s: i64 as BigInt,
        idle_s: i64 as BigInt,
        hash: Vec<u8> as Bytea,
    }
    "WITH family AS ( \
         INSERT INTO refresh_family (id, user_id, ends_at, idle_ends_at) \
         VALUES (?, ?, clock_timestamp() + ? * interval '1 second', clock_timestamp() + ? * interval '1 second') \
         RETURNING id, idle_ends_at) \
     INSERT INTO refresh_token (hash, family_id, expires_at) SELECT ?, id, idle_ends_at FROM family"
}

runtime::statement! {
    struct DropOldest { user: Uuid as SqlUuid, keep: i64 as BigInt }
    "DELETE FROM refresh_family WHERE id IN ( \
         SELECT id FROM refresh_family WHERE user_id = ? ORDER BY created_at DESC, id DESC OFFSET ?)"
}

runtime::statement! {
    struct Find { hash: Vec<u8> as Bytea }
    "SELECT f.id, f.user_id, f.ends_at, t.used_at, t.expires_at, clock_timestamp() \
     FROM refresh_token t JOIN refresh_family f ON f.id = t.family_id WHERE t.hash = ? FOR UPDATE"
    -> (SqlUuid, SqlUuid, Timestamptz, Nullable<Timestamptz>, Timestamptz, Timestamptz)
}

type Found = (Uuid, Uuid, DateTime<Utc>, Option<DateTime<Utc>>, DateTime<Utc>, DateTime<Utc>);

runtime::statement! {
    struct Exchange {
        used: Vec<u8> as Bytea,
        expires_at: DateTime<Utc> as Timestamptz,
        family: Uuid as SqlUuid,
        fresh: Vec<u8> as Bytea,
    }
    "WITH used AS ( \
         UPDATE refresh_token SET used_at = coalesce(used_at, clock_timestamp()) WHERE hash = ?), \
     family AS (UPDATE refresh_family SET idle_ends_at = ? WHERE id = ? RETURNING id, idle_ends_at) \
     INSERT INTO refresh_token (hash, family_id, expires_at) SELECT ?, id, idle_ends_at FROM family"
}

runtime::statement! {
    struct RevokeByToken { hash: Vec<u8> as Bytea }
    "DELETE FROM refresh_family WHERE id = (SELECT family_id FROM refresh_token WHERE hash = ?)"
}

runtime::statement! {
    struct Revoke { family: Uuid as SqlUuid }
    "DELETE FROM refresh_family WHERE id = ?"
}

runtime::statement! {
    struct RevokeAll { user: Uuid as SqlUuid }
    "DELETE FROM refresh_family WHERE user_id = ?"
}

runtime::statement! {
    struct PurgeFamilies { most: i64 as BigInt }
    "DELETE FROM refresh_family WHERE id IN ( \
         SELECT id FROM refresh_family WHERE idle_ends_at < now() ORDER BY idle_ends_at LIMIT ? \
         FOR UPDATE SKIP LOCKED)"
}

runtime::statement! {
    struct PurgeTokens { most: i64 as BigInt }
    "DELETE FROM refresh_token WHERE hash IN ( \
         SELECT hash FROM refresh_token WHERE expires_at < now() ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED)"
}

/// Starts a family for a user whose row is locked; of too many the oldest end.
///
/// # Errors
/// Those of the database.
pub async fn open(conn: &mut AsyncPgConnection, user: UserId) -> QueryResult<Issued> {
    let token = RefreshToken::fresh();
    let family = OpenFamily {
        id: Uuid::now_v7(),
        user: user.0,
        absolute_s: ABSOLUTE.num_seconds(),
        idle_s: IDLE.num_seconds(),
        hash: token.hash(),
    };
    family.execute(conn).await?;
    DropOldest { user: user.0, keep: FAMILIES_MAX }.execute(conn).await?;
    Ok(Issued { token, lifetime: IDLE })
}

/// Exchanges a token for its successor, within the open transaction. Commit it whatever the answer is.
///
/// # Errors
/// Those of the database.
pub async fn rotate(conn: &mut AsyncPgConnection, presented: &RefreshToken) -> QueryResult<Rotation> {
    let found: Option<Found> = Find { hash: presented.hash() }.get_result(conn).await.optional()?;
    let Some((family, user, ends_at, used_at, expires_at, now)) = found else { return Ok(Rotation::Invalid) };
    match judge(used_at, expires_at, now) {
        Verdict::Expired => Ok(Rotation::Invalid),
        Verdict::Stolen if !runtime::mutant!("refresh-reuse-ignored") => {
            Revoke { family }.execute(conn).await?;
            Ok(Rotation::Stolen(UserId(user)))
        }
        Verdict::Rotate | Verdict::Stolen => {
            let token = RefreshToken::fresh();
            let expires_at = ends_at.min(now + IDLE);
            Exchange { used: presented.hash(), expires_at, family, fresh: token.hash() }.execute(conn).await?;
            Ok(Rotation::Rotated(UserId(user), Issued { token, lifetime: expires_at - now }))
        }
    }
}

/// Ends the family of a token; an unknown token ends nothing.
///
/// # Errors
/// Those of the database.
pub async fn revoke(conn: &mut AsyncPgConnection, token: &RefreshToken) -> QueryResult<()> {
    RevokeByToken { hash: token.hash() }.execute(conn).await.map(drop)
}

/// Ends all families of a user.
///
/// # Errors
/// Those of the database.
pub async fn revoke_all(conn: &mut AsyncPgConnection, user: UserId) -> QueryResult<()> {
    RevokeAll { user: user.0 }.execute(conn).await.map(drop)
}

/// Deletes a chunk of what has expired and says how many rows. Call it again while it deletes any.
///
/// # Errors
/// Those of the database.
pub async fn purge(conn: &mut AsyncPgConnection) -> QueryResult<usize> {
    let families = PurgeFamilies { most: PURGE_CHUNK }.execute(conn).await?;
    let tokens = PurgeTokens { most: PURGE_CHUNK }.execute(conn).await?;
    Ok(families + tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_as_written() {
        let token = RefreshToken::fresh();
        assert_eq!(RefreshToken::parse(&token.text()), Some(token));
    }

    #[test]
    fn what_is_no_token_is_not_looked_up() {
        for text in ["", "x", "é", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43)] {
            assert_eq!(RefreshToken::parse(text), None, "{text}");
        }
    }
}
