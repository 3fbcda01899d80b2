//! Query parameters, checked as strictly as bodies.

use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::schema;
use crate::faults::Faults;
use crate::{Problem, ready::Ready};

/// Rows of a page unless `limit` says otherwise.
pub const DEFAULT_LIMIT: i64 = 20;
/// Rows of the largest page.
pub const MAX_LIMIT: i64 = 100;
/// Bytes of the longest cursor that is looked at; ours have a tenth of it.
const MAX_CURSOR: usize = 1024;
/// Stands in every cursor, so that an old one is refused and not misread after its form changed.
const CURSOR_VERSION: u8 = 1;

/// The parameters of a call that is no list. Unknown, repeated or unfit ones are 422, all named at once.
///
/// `T` derives `ToSchema` (which is checked) beside `IntoParams` (which is documented), and denies unknown fields.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The parameters of a list: `limit`, `cursor`, and its filters.
///
/// ```
/// use serde::Deserialize;
/// use utoipa::{IntoParams, ToSchema};
///
/// #[derive(Deserialize, ToSchema, IntoParams)]
/// #[into_params(parameter_in = Query)]
/// #[serde(deny_unknown_fields)]
/// struct Filter {
///     status: Option<String>,
/// }
///
/// async fn list(query: web::List<Filter>) -> Result<String, web::Problem> {
///     let after: Option<i64> = query.page.after()?;
///     Ok(format!("{:?} after {after:?}, at most {}", query.filter.status, query.page.limit))
/// }
/// ```
#[derive(Debug)]
pub struct List<T = NoFilter> {
    pub filter: T,
    pub page: PageRequest,
}

/// A list without filters.
#[derive(Debug, Default, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// Which page is asked for.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// 1 to [`MAX_LIMIT`].
    pub limit: i64,
    cursor: Option<Vec<u8>>,
}

impl PageRequest {
    /// Rows to fetch: one more than the page holds tells whether another follows.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// The key after which the page starts, as [`Page::build`] wrote it.
    ///
    /// # Errors
    /// 422 naming `cursor`, when it is not one of ours or belongs to another list.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let Some(json) = &self.cursor else { return Ok(None) };
        match serde_json::from_slice::<(u8, K)>(json) {
            Ok((CURSOR_VERSION, key)) => Ok(Some(key)),
            _ => {
                let mut faults = Faults::new();
                malformed_cursor(&mut faults);
                Err(Problem::validation(faults.into_vec()))
            }
        }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub has_more: bool,
    /// Give it back as `cursor` for the next page. Opaque.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page from up to [`PageRequest::fetch`] rows. `key` is what a row is sorted by, ending in something unique.
    pub fn build<R, K: Serialize>(
        request: &PageRequest,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> K,
        show: impl FnMut(R) -> T,
    ) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or_default();
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| has_more);
        let next_cursor = last.and_then(|row| serde_json::to_vec(&(CURSOR_VERSION, key(row))).ok());
        let next_cursor = next_cursor.map(|json| URL_SAFE_NO_PAD.encode(json));
        Self { data: rows.into_iter().map(show).collect(), has_more, next_cursor }
    }

    /// A page of a search that was ended before it was full: the next one goes on after `key`.
    pub fn ended_early(data: Vec<T>, key: impl Serialize) -> Self {
        let next_cursor = serde_json::to_vec(&(CURSOR_VERSION, key)).ok().map(|json| URL_SAFE_NO_PAD.encode(json));
        Self { data, has_more: true, next_cursor }
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Self>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let mut faults = Faults::new();
        let pairs = pairs(req, &mut faults);
        Ready::new(read(pairs, faults).map(Self))
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for List<T> {
    type Error = Problem;
    type Future = Ready<Self>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let mut faults = Faults::new();
        let mut pairs = pairs(req, &mut faults);
        let page = page_request(&mut pairs, &mut faults);
        Ready::new(read(pairs, faults).map(|filter| Self { filter, page }))
    }
}

fn pairs(req: &HttpRequest, faults: &mut Faults) -> Map<String, Value> {
    let mut pairs = Map::new();
    let parsed = actix_web::web::Query::<Vec<(String, String)>>::from_query(req.query_string());
    let Ok(parsed) = parsed else {
        faults.parameter("", "invalid_format", "The query string is not well-formed.");
        return pairs;
    };
    for (name, text) in parsed.into_inner() {
        if pairs.contains_key(&name) {
            faults.parameter(&name, "invalid_value", "Must be given once.");
        }
        pairs.insert(name, Value::String(text));
    }
    pairs
}

fn page_request(pairs: &mut Map<String, Value>, faults: &mut Faults) -> PageRequest {
    let mut take = |name: &str| pairs.remove(name).and_then(|value| value.as_str().map(str::to_owned));
    let limit = take("limit").map_or(DEFAULT_LIMIT, |text| match text.parse::<i64>() {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Ok(_) => {
            faults.parameter("limit", "out_of_range", format!("Must be from 1 to {MAX_LIMIT}."));
            DEFAULT_LIMIT
        }
        Err(_) => {
            faults.parameter("limit", "wrong_type", "Must be a whole number.");
            DEFAULT_LIMIT
        }
    });
    let cursor = take("cursor").and_then(|text| {
        let json = URL_SAFE_NO_PAD.decode(&text).ok().filter(|_| text.len() <= MAX_CURSOR);
        let known = json.filter(|json| serde_json::from_slice::<(u8, Value)>(json).is_ok());
        if known.is_none() {
            malformed_cursor(faults);
        }
        known
    });
    PageRequest { limit, cursor }
}

fn malformed_cursor(faults: &mut Faults) {
    faults.parameter("cursor", "invalid_format", "Is not a cursor of this list.");
}

fn read<T: DeserializeOwned + ToSchema + 'static>(
    mut pairs: Map<String, Value>,
    mut faults: Faults,
) -> Result<T, Problem> {
    let schema = schema::of::<T>()?;
    for (name, value) in &mut pairs {
        retype(value, &schema.document["properties"][name]);
    }
    match schema.read::<T>(&Value::Object(pairs)) {
        Ok(typed) if faults.is_empty() => Ok(typed),
        Ok(_) => Err(Problem::validation(faults.into_vec())),
        Err(found) => {
            for fault in found.into_vec() {
                faults.parameter(&parameter_of(fault.pointer.as_deref()), code_of(&fault.code), fault.detail);
            }
            Err(Problem::validation(faults.into_vec()))
        }
    }
}

/// Parameters arrive as text; those that the schema wants as numbers or flags become such where they can.
fn retype(value: &mut Value, wanted: &Value) {
    let Some(text) = value.as_str() else { return };
    let wants = |name: &str| match &wanted["type"] {
        Value::String(only) => only == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    };
    let typed = if wants("integer") {
        text.parse::<i64>().ok().map(Value::from)
    } else if wants("number") {
        text.parse::<f64>().ok().map(Value::from)
    } else if wants("boolean") {
        text.parse::<bool>().ok().map(Value::from)
    } else {
        None
    };
    if let Some(typed) = typed {
        *value = typed;
    }
}

fn parameter_of(pointer: Option<&str>) -> String {
    pointer.and_then(|pointer| pointer.strip_prefix("#/")).unwrap_or_default().to_owned()
}

fn code_of(code: &str) -> &'static str {
    match code {
        "unknown_field" => "unknown_parameter",
        "required" => "required",
        "wrong_type" => "wrong_type",
        "out_of_range" => "out_of_range",
        "invalid_format" => "invalid_format",
        _ => "invalid_value",
    }
}
