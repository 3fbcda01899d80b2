//! Futures of extractors that know their answer at once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpRequest;

use crate::Problem;
use crate::body;

/// An answer that is there already.
#[derive(Debug)]
pub struct Ready<T>(Option<Result<T, Problem>>);

impl<T> Ready<T> {
    pub(crate) fn new(result: Result<T, Problem>) -> Self {
        Self(Some(result))
    }
}

impl<T> Unpin for Ready<T> {}

impl<T> Future for Ready<T> {
    type Output = Result<T, Problem>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.take() {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}

/// An answer that is there already, but whose refusal waits until the body has been judged.
///
/// Actix polls all arguments of a handler as one task, in their order. So there is nothing to wake: when the body goes
/// on, this is polled again, after it.
#[derive(Debug)]
pub struct AfterBody<T> {
    result: Option<Result<T, Problem>>,
    req: HttpRequest,
}

impl<T> AfterBody<T> {
    pub(crate) fn new(req: &HttpRequest, result: Result<T, Problem>) -> Self {
        Self { result: Some(result), req: req.clone() }
    }
}

impl<T> Unpin for AfterBody<T> {}

impl<T> Future for AfterBody<T> {
    type Output = Result<T, Problem>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if matches!(self.result, Some(Err(_))) && body::is_being_read(&self.req) {
            return Poll::Pending;
        }
        match self.result.take() {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}
