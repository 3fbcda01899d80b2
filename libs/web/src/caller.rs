//! Who calls: tokens are verified once per request, before the handler, and handlers ask for the role that they need.

use std::ops::Deref;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use chrono::Utc;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use proto_events::ids::{SellerId, UserId};
use sha2::{Digest, Sha256};

use crate::jwks::{KeySet, Lookup};
use crate::token::{AUDIENCE, Claims, Role, TYPE};
use crate::{Problem, ready::Ready};

/// Clocks of two machines may differ by this, in seconds.
const LEEWAY: u64 = 30;
/// Bytes of the longest token that is looked at; ours have some 600.
const MAX_TOKEN: usize = 8 * 1024;
/// Bytes of the longest key id that is looked up.
const MAX_KID: usize = 64;
/// Verified tokens that are remembered, some 500 bytes each; verifying one costs 50 µs.
const MAX_REMEMBERED: u64 = 10_000;

/// Verifies access tokens.
#[derive(Clone)]
pub struct Verifier {
    keys: KeySet,
    validation: Arc<Validation>,
    verified: Cache<[u8; 32], Arc<Claims>>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

/// Why a request has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unverified {
    /// No token was given.
    Anonymous,
    /// A token was given that does not hold.
    Invalid,
    /// Auth's keys are not there yet.
    Unavailable,
}

impl From<Unverified> for Problem {
    fn from(reason: Unverified) -> Self {
        match reason {
            Unverified::Anonymous => Self::unauthenticated("This call needs an access token."),
            Unverified::Invalid => {
                let mut problem = Self::unauthenticated("The access token is not valid, or no longer.");
                let challenge = header::HeaderValue::from_static("Bearer error=\"invalid_token\"");
                problem.headers = vec![(header::WWW_AUTHENTICATE, challenge)];
                problem
            }
            Unverified::Unavailable => Self::unavailable(),
        }
    }
}

impl Verifier {
    /// Verifies with the keys that auth publishes at `jwks_url`, which need not be up yet.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn fetching(jwks_url: &str, issuer: &str) -> anyhow::Result<Self> {
        Ok(Self::new(KeySet::fetched(jwks_url)?, issuer))
    }

    /// Verifies with these keys only: for auth itself, and for tests.
    pub fn with_keys(keys: &JwkSet, issuer: &str) -> Self {
        Self::new(KeySet::fixed(keys), issuer)
    }

    fn new(keys: KeySet, issuer: &str) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self { keys, validation: Arc::new(validation), verified: Cache::new(MAX_REMEMBERED) }
    }

    /// The bearer of the request's token.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn verify(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Unverified> {
        let token = bearer(headers)?;
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.verified.get(&digest) {
            if claims.exp > Utc::now().timestamp() {
                return Ok(claims);
            }
            self.verified.invalidate(&digest);
        }
        let claims = Arc::new(self.decode(token).await?);
        self.verified.insert(digest, Arc::clone(&claims));
        Ok(claims)
    }

    async fn decode(&self, token: &str) -> Result<Claims, Unverified> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Unverified::Invalid)?;
        let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE));
        let kid = header.kid.filter(|kid| kid.len() <= MAX_KID);
        let (Some(kid), Algorithm::EdDSA, true) = (kid, header.alg, typed) else { return Err(Unverified::Invalid) };
        let key = match self.keys.find(&kid).await {
            Lookup::Found(key) => key,
            Lookup::Unknown => return Err(Unverified::Invalid),
            Lookup::Unavailable => return Err(Unverified::Unavailable),
        };
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &self.validation).map_err(|_| Unverified::Invalid)?;
        Ok(decoded.claims)
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Unverified> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Err(Unverified::Anonymous) };
    if values.next().is_some() || value.len() > MAX_TOKEN {
        return Err(Unverified::Invalid);
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Unverified::Invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim_start()) } else { Err(Unverified::Invalid) }
}

/// What the middleware found out, for the extractors.
#[derive(Clone)]
pub(crate) struct Verified(pub(crate) Result<Arc<Claims>, Unverified>);

/// Anyone who is signed in. 401 otherwise.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Claims>);

impl Caller {
    pub fn user_id(&self) -> UserId {
        self.0.sub
    }
}

impl Deref for Caller {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

fn caller(req: &HttpRequest) -> Result<Caller, Problem> {
    let verified = req.extensions().get::<Verified>().cloned();
    match verified {
        Some(Verified(result)) => Ok(Caller(result?)),
        None => Err(Problem::internal("a handler asks for its caller, but the app was not made by `web::app`")),
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Self>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        Ready::new(caller(req))
    }
}

/// Whoever it is. A token that does not hold is 401 all the same: its bearer believes to be signed in.
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Caller>);

impl MaybeCaller {
    /// As [`Claims::may_touch`]; nobody may touch anything.
    pub fn may_touch(&self, owner: Option<SellerId>) -> bool {
        self.0.as_ref().is_some_and(|caller| caller.may_touch(owner))
    }

    pub fn is_admin(&self) -> bool {
        self.0.as_ref().is_some_and(|caller| caller.has(Role::Admin))
    }
}

impl FromRequest for MaybeCaller {
    type Error = Problem;
    type Future = Ready<Self>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let anonymous = matches!(req.extensions().get(), Some(Verified(Err(Unverified::Anonymous))));
        Ready::new(if anonymous { Ok(Self(None)) } else { caller(req).map(|caller| Self(Some(caller))) })
    }
}

macro_rules! callers_by_role {
    ($($(#[$doc:meta])* $name:ident: $($role:ident)|+, $refusal:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub Caller);

        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Self>;

            fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
                Ready::new(caller(req).and_then(|caller| {
                    if $(caller.has(Role::$role))||+ { Ok(Self(caller)) } else { Err(Problem::forbidden($refusal)) }
                }))
            }
        }
    )*};
}

callers_by_role! {
    /// Only ADMIN; 403 for others.
    Admin: Admin, "Only administrators may do this.";
    /// Only CUSTOMER; 403 for others.
    Customer: Customer, "Only customers may do this.";
    /// SELLER or ADMIN; 403 for others. What they may touch is said by [`Claims::may_touch`].
    Merchant: Seller | Admin, "Only sellers and administrators may do this.";
}
