//! Access tokens: what they say, and signing them. (Services verify them through [`Verifier`](crate::Verifier).)

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto_events::ids::{SellerId, UserId};
use serde::{Deserialize, Serialize};

/// Who may accept a token.
pub const AUDIENCE: &str = "waybill";
/// The `typ` of an access token (RFC 9068), so that no other kind of token passes for one.
pub const TYPE: &str = "at+jwt";

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    Customer,
    Seller,
    Admin,
}

/// What a token says about its bearer. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub sub: UserId,
    pub email: String,
    pub name: String,
    pub roles: Vec<Role>,
    /// The seller whose products a SELLER may touch.
    pub seller_id: Option<SellerId>,
    pub jti: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

impl Claims {
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// ADMIN, or a SELLER to whom it belongs. `None` is the shop's own, which only ADMIN touches.
    pub fn may_touch(&self, owner: Option<SellerId>) -> bool {
        if runtime::mutant!("seller-by-role-only") && self.has(Role::Seller) {
            return true;
        }
        self.has(Role::Admin) || (self.has(Role::Seller) && owner.is_some() && owner == self.seller_id)
    }
}

#[derive(Serialize)]
struct Signed<'a> {
    iss: &'a str,
    aud: &'a str,
    #[serde(flatten)]
    claims: &'a Claims,
}

/// Signs tokens with one Ed25519 key.
#[derive(Clone)]
pub struct Signer {
    key: EncodingKey,
    header: Header,
    issuer: String,
    jwk: Jwk,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("kid", &self.header.kid).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer from an Ed25519 key in PKCS#8 PEM; the key's id is its thumbprint (RFC 7638).
    ///
    /// # Errors
    /// When it is not such a key.
    pub fn from_pem(pem: &[u8], issuer: impl Into<String>) -> anyhow::Result<Self> {
        let key = EncodingKey::from_ed_pem(pem)?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid);
        Ok(Self { key, header, issuer: issuer.into(), jwk })
    }

    /// # Errors
    /// When the key does not sign, which a key that was read does.
    pub fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        let signed = Signed { iss: &self.issuer, aud: AUDIENCE, claims };
        Ok(jsonwebtoken::encode(&self.header, &signed, &self.key)?)
    }

    /// The public half, for `/.well-known/jwks.json`.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// A key set of this key alone.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.jwk.clone()] }
    }
}
