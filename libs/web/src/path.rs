//! Path parameters.

use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::FutureExt;
use serde::de::DeserializeOwned;

use crate::{Problem, ready::AfterBody};

/// Parameters of the path, such as ids. What does not parse names nothing that exists: 404 `not_found`, after faults of
/// the body.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T> Path<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Path<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = AfterBody<Self>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let parsed = actix_web::web::Path::<T>::from_request(req, payload).now_or_never().and_then(Result::ok);
        AfterBody::new(req, parsed.map(|path| Self(path.into_inner())).ok_or_else(Problem::not_found))
    }
}
