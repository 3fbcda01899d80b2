//! What the API documents of all services share.

use std::collections::BTreeMap;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, Modify, PartialSchema, ToSchema};

use crate::Money;
use crate::money::Currency;
use crate::problem::{CONTENT_TYPE, Fault};

/// The name of the security scheme: `security(("bearer" = []))`.
pub const BEARER: &str = "bearer";

/// An error, as `application/problem+json` (RFC 9457). Some codes add members of their own, such as `decline_code`.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "only its schema is used")]
struct ProblemBody {
    #[schema(example = "/problems/validation_failed")]
    r#type: String,
    #[schema(example = "Unprocessable Entity")]
    title: String,
    #[schema(example = 422)]
    status: u16,
    /// For people.
    detail: String,
    /// The path of the request.
    #[schema(example = "/api/v1/orders")]
    instance: String,
    /// For programs; stable.
    #[schema(example = "validation_failed")]
    code: String,
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: String,
    /// All faults of the request, with `validation_failed`.
    #[schema(nullable = false)]
    errors: Option<Vec<Fault>>,
}

/// Adds the shared components to a service's document: `#[openapi(modifiers(&web::openapi::Shared))]`.
#[derive(Debug, Clone, Copy)]
pub struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        let schemas = [
            ("Problem", ProblemBody::schema()),
            ("Fault", Fault::schema()),
            ("Money", Money::schema()),
            ("Currency", Currency::schema()),
        ];
        for (name, schema) in schemas {
            components.schemas.insert(name.to_owned(), schema);
        }
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    }
}

/// The parameters of every list, beside its filters: `params(web::openapi::PageParams, Filter)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its description is used")]
pub struct PageParams {
    /// Rows of a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before. Opaque.
    cursor: Option<String>,
}

/// The header of calls that are done once: `params(web::openapi::IdempotencyHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its description is used")]
pub struct IdempotencyHeader {
    /// A value of the caller's choice, new for each thing to be done. A repeat with it gets the first answer for 24 hours,
    /// marked by `Idempotent-Replayed: true`.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 257)]
    key: String,
}

/// The header of changes to what was seen: `params(web::openapi::IfMatchHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its description is used")]
pub struct IfMatchHeader {
    /// The `ETag` that was seen.
    #[param(rename = "If-Match", example = "\"7\"")]
    etag: String,
}

/// The header of reads that need not be repeated: `params(web::openapi::IfNoneMatchHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its description is used")]
pub struct IfNoneMatchHeader {
    /// The `ETag` that the caller has; the answer is 304 while it is current.
    #[param(rename = "If-None-Match", example = "\"7\"")]
    etag: Option<String>,
}

fn problem(description: &str) -> RefOr<Response> {
    let schema = utoipa::openapi::Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(CONTENT_TYPE, content).build().into()
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($status:literal = $description:literal),+;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(($status, $description)),+]
                    .into_iter()
                    .map(|(status, description)| (status.to_owned(), problem(description)))
                    .collect()
            }
        }
    )*};
}

problems! {
    /// What any call may answer: `responses((status = 200, …), web::openapi::Refusals)`.
    Refusals:
        "422" = "A parameter or field does not fit (`validation_failed`)",
        "429" = "Too many requests (`rate_limited`); see `Retry-After`",
        "503" = "Away for the moment (`unavailable`); see `Retry-After`";
    /// For calls that need a token.
    CallerRefusals:
        "401" = "No valid access token (`unauthenticated`)",
        "403" = "Not with this role (`forbidden`)",
        "404" = "Not there, or not for this caller (`not_found`)";
    /// For calls with a body.
    BodyRefusals:
        "400" = "No JSON (`malformed_json`), or an idempotency key that is missing or malformed",
        "409" = "Not in this state, or `idempotency_key_in_use`",
        "413" = "More than 64 KiB (`body_too_large`)",
        "415" = "No JSON by its type (`unsupported_media_type`)";
    /// For changes that need `If-Match`.
    PreconditionRefusals:
        "412" = "Changed in the meantime (`precondition_failed`)",
        "428" = "`If-Match` is missing (`precondition_required`)";
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::OpenApi as _;

    use super::*;

    #[utoipa::path(
        get,
        path = "/things",
        params(PageParams, IdempotencyHeader, IfMatchHeader),
        responses((status = 200, body = Money), Refusals, CallerRefusals),
        security(("bearer" = []))
    )]
    #[allow(dead_code, reason = "only its description is used")]
    fn things() {}

    #[derive(utoipa::OpenApi)]
    #[openapi(paths(things), modifiers(&Shared))]
    struct Api;

    #[test]
    fn the_shared_parts_stand_in_a_document() {
        let document = serde_json::to_value(Api::openapi()).unwrap_or_default();
        let things = &document["paths"]["/things"]["get"];
        let parameters = things["parameters"].as_array().into_iter().flatten();
        let places: Vec<Value> = parameters.map(|one| json!([one["name"], one["in"]])).collect();
        let expected = [["limit", "query"], ["cursor", "query"], ["Idempotency-Key", "header"], ["If-Match", "header"]];
        assert_eq!(json!(places), json!(expected));
        let refusal = &things["responses"]["403"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(refusal, "#/components/schemas/Problem");
        let components = &document["components"];
        assert_eq!(components["securitySchemes"]["bearer"]["scheme"], "bearer");
        assert_eq!(
            components["schemas"]["Money"]["properties"]["amount_minor"]["maximum"],
            crate::money::MAX_AMOUNT_MINOR
        );
        assert_eq!(components["schemas"]["Money"]["additionalProperties"], false);
        assert_eq!(components["schemas"]["Problem"]["properties"]["errors"]["type"], "array");
    }
}
