//! The public keys of access tokens.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use utoipa::ToSchema;

use crate::Auth;

/// For how long others may keep the set, in seconds. A new key is published this long before it signs.
const MAX_AGE: &str = "public, max-age=300";

/// A JSON Web Key Set (RFC 7517).
#[derive(ToSchema)]
#[schema(as = JwkSet)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct JwkSetBody {
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// The keys that access tokens are signed with
#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "getKeys", tag = "auth",
    responses((status = 200, description = "Ed25519 public keys", body = JwkSetBody)))]
pub async fn jwks(auth: Data<Auth>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, MAX_AGE)).json(auth.signer.jwks())
}
