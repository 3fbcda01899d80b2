//! The admin's calls on records that a service could not apply: list them, replay one.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig, resource};
use actix_web::{HttpResponse, http::StatusCode};
use runtime::dead_letters::{DeadLetter, DeadLetters, ReplayRefused};
use serde_json::json;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Object, OpenApi, Ref, RefOr, ResponseBuilder, Schema, Type};

use crate::openapi::BEARER;
use crate::{Admin, IdempotencyKey, List, NoFilter, Page, Path, Problem};

type Shared = Data<Arc<dyn DeadLetters>>;

/// `GET /api/v1/admin/{service}/dead-letters` and `POST …/{id}/replay`, for ADMIN.
pub fn routes(service: &'static str, letters: Arc<dyn DeadLetters>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let base = base(service);
        config
            .app_data(Data::new(letters))
            .service(resource(&*base).get(list))
            .service(resource(format!("{base}/{{id}}/replay")).post(replay));
    }
}

fn base(service: &str) -> String {
    format!("/api/v1/admin/{service}/dead-letters")
}

async fn list(_: Admin, query: List<NoFilter>, letters: Shared) -> Result<HttpResponse, Problem> {
    let before: Option<i64> = query.page.after()?;
    let rows = letters.list(before, query.page.fetch()).await.map_err(unavailable)?;
    let page: Page<DeadLetter> = Page::build(&query.page, rows, |letter| letter.position, |letter| letter);
    Ok(HttpResponse::Ok().json(page))
}

/// A replay is idempotent by itself, so its answer need not be kept: a repeat tells how the letter stands now.
async fn replay(_: Admin, _: IdempotencyKey, id: Path<String>, letters: Shared) -> Result<HttpResponse, Problem> {
    match letters.replay(&id).await {
        Ok(letter) => Ok(HttpResponse::Accepted().json(letter)),
        Err(ReplayRefused::NotFound) => Err(Problem::not_found()),
        Err(ReplayRefused::WaitsBehind(first)) => {
            let detail = format!("It waits behind {first}, which has to be replayed first.");
            Err(Problem::new(StatusCode::CONFLICT, "waits_behind_dead_letter", detail).with("first", json!(first)))
        }
        Err(ReplayRefused::Unavailable(error)) => Err(unavailable(error)),
    }
}

fn unavailable(error: anyhow::Error) -> Problem {
    tracing::warn!(error = format!("{error:#}"), "dead letters cannot be reached");
    Problem::unavailable()
}

/// Adds the two calls to a service's document.
pub fn document(service: &str, openapi: &mut OpenApi) {
    let base = base(service);
    let list = operation(service, "listDeadLetters", "Records that could not be applied, the newest first")
        .response("200", ResponseBuilder::new().description("One page").content("application/json", object()).build());
    let id = ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .schema(Some(Schema::Object(Object::with_type(Type::String))))
        .description(Some("`topic:partition:offset`"))
        .build();
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(utoipa::openapi::Required::True)
        .schema(Some(Schema::Object(Object::with_type(Type::String))))
        .build();
    let replay = operation(service, "replayDeadLetter", "Applies a dead letter, and then what waits behind it")
        .parameter(id)
        .parameter(key)
        .response(
            "202",
            ResponseBuilder::new().description("The letter as it is now").content("application/json", object()).build(),
        );
    openapi.paths.paths.insert(base.clone(), PathItem::new(HttpMethod::Get, list));
    openapi.paths.paths.insert(format!("{base}/{{id}}/replay"), PathItem::new(HttpMethod::Post, replay));
}

fn operation(service: &str, name: &str, summary: &str) -> OperationBuilder {
    let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let refused = ResponseBuilder::new().description("A problem").content("application/problem+json", problem).build();
    OperationBuilder::new()
        .tag(service)
        .operation_id(Some(format!("{service}_{name}")))
        .summary(Some(summary))
        .security(SecurityRequirement::new(BEARER, Vec::<String>::new()))
        .response("default", refused)
}

fn object() -> Content {
    Content::new(Some(Schema::Object(Object::with_type(Type::Object))))
}
