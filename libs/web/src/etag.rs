//! Entity tags from version numbers, and the preconditions that name them.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, dev};

use crate::Problem;

/// `"7"`.
pub fn strong(version: i64) -> String {
    format!("\"{version}\"")
}

/// As [`strong`], ready to be sent.
pub fn header(version: i64) -> HeaderValue {
    HeaderValue::from_str(&strong(version)).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The tags of a precondition.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    Absent,
    Any,
    /// With `true` for a weak one.
    Listed(Vec<(bool, String)>),
}

fn tags(req: &HttpRequest, name: HeaderName) -> Tags {
    let mut listed = Vec::new();
    let mut any = false;
    let mut present = false;
    for value in req.headers().get_all(name) {
        present = true;
        // Our tags hold no commas, so a comma always parts two of them.
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            match tag.strip_prefix("W/") {
                _ if tag == "*" => any = true,
                Some(weak) => listed.push((true, weak.to_owned())),
                None => listed.push((false, tag.to_owned())),
            }
        }
    }
    match (present, any) {
        (false, _) => Tags::Absent,
        (true, true) => Tags::Any,
        (true, false) => Tags::Listed(listed),
    }
}

/// `If-Match`: the change is wanted only for the version that the caller has seen.
///
/// Taking it as an argument never refuses; call [`IfMatch::check`] once the thing was found, since 404 comes first.
#[derive(Debug, Clone)]
pub struct IfMatch(Tags);

impl IfMatch {
    /// # Errors
    /// 428 `precondition_required` without the header, 412 `precondition_failed` when it names another version.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        match &self.0 {
            Tags::Absent => Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_required",
                "Send If-Match with the ETag that you have seen.",
            )),
            Tags::Any => Ok(()),
            // A weak tag never matches here: it does not promise the same bytes.
            Tags::Listed(tags) if tags.iter().any(|(weak, tag)| !weak && *tag == strong(version)) => Ok(()),
            Tags::Listed(_) => Err(precondition_failed()),
        }
    }

    /// Whether the caller sent one at all.
    pub fn is_present(&self) -> bool {
        self.0 != Tags::Absent
    }
}

/// 412: it has changed since the caller saw it.
pub fn precondition_failed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "precondition_failed",
        "It has changed in the meantime: read it again and decide anew.",
    )
}

/// `If-None-Match`: on a read, the versions that the caller has; `*` on a PUT, that there is none yet.
#[derive(Debug, Clone)]
pub struct IfNoneMatch(Tags);

impl IfNoneMatch {
    pub fn of(req: &HttpRequest) -> Self {
        Self(tags(req, header::IF_NONE_MATCH))
    }

    /// Whether the caller has this version. For a read, `*` matches anything that exists.
    pub fn matches(&self, version: i64) -> bool {
        match &self.0 {
            Tags::Absent => false,
            Tags::Any => true,
            Tags::Listed(tags) => tags.iter().any(|(_, tag)| *tag == strong(version)),
        }
    }

    /// `*`: create it, if it is not there.
    pub fn is_any(&self) -> bool {
        self.0 == Tags::Any
    }
}

impl FromRequest for IfMatch {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(tags(req, header::IF_MATCH))))
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}
