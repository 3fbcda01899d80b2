//! Stripe's lists: newest first, a page from an object on.

use crate::errors::ApiError;
use crate::form::Form;

/// Objects on a page when none is asked for, and at most.
const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;
/// Longer than any id.
const MAX_ID_CHARACTERS: usize = 100;

/// Which part of a list is wanted.
#[derive(Debug)]
pub struct Page {
    limit: usize,
    cursor: Cursor,
}

#[derive(Debug)]
enum Cursor {
    Newest,
    /// Older than this object.
    After(String),
    /// Newer than this object.
    Before(String),
}

impl Page {
    /// Reads `limit`, `starting_after` and `ending_before`.
    ///
    /// # Errors
    /// A limit out of 1–100, or both cursors.
    pub fn read(form: &mut Form) -> Result<Self, ApiError> {
        let limit = form.integer("limit")?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let message = format!("Invalid limit: must be between 1 and {MAX_LIMIT}.");
            return Err(ApiError::parameter("limit", "parameter_invalid_integer", message));
        }
        let after = form.text("starting_after", MAX_ID_CHARACTERS)?;
        let before = form.text("ending_before", MAX_ID_CHARACTERS)?;
        let cursor = match (after, before) {
            (None, None) => Cursor::Newest,
            (Some(id), None) => Cursor::After(id),
            (None, Some(id)) => Cursor::Before(id),
            (Some(_), Some(_)) => {
                let message = "You can only pass one of starting_after and ending_before.";
                return Err(ApiError::invalid(message).param("starting_after"));
            }
        };
        Ok(Self { limit: usize::try_from(limit).unwrap_or_default(), cursor })
    }

    /// The places of the page in a list of `length` objects whose oldest is at 0, newest first, and whether there is
    /// more in the direction of the page.
    ///
    /// # Errors
    /// The cursor is no object of the list.
    pub fn select(
        &self,
        length: usize,
        place_of: impl Fn(&str) -> Option<usize>,
        keep: impl Fn(usize) -> bool,
    ) -> Result<(Vec<usize>, bool), ApiError> {
        let place = |id: &str, param: &'static str| {
            place_of(id).ok_or_else(|| {
                let mut error = ApiError::missing("object", id, param);
                error.status = 400;
                error
            })
        };
        let mut places: Vec<usize> = match &self.cursor {
            Cursor::Newest => (0..length).rev().filter(|place| keep(*place)).take(self.limit + 1).collect(),
            Cursor::After(id) => {
                let end = place(id, "starting_after")?;
                (0..end).rev().filter(|place| keep(*place)).take(self.limit + 1).collect()
            }
            Cursor::Before(id) => {
                let start = place(id, "ending_before")? + 1;
                (start..length).filter(|place| keep(*place)).take(self.limit + 1).collect()
            }
        };
        let has_more = places.len() > self.limit;
        places.truncate(self.limit);
        if matches!(self.cursor, Cursor::Before(_)) {
            places.reverse();
        }
        Ok((places, has_more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(query: &str, length: usize) -> (Vec<usize>, bool) {
        let page = Page::read(&mut Form::parse(query).expect("well-formed")).expect("a page");
        page.select(length, |id| id.parse().ok(), |_| true).expect("a known cursor")
    }

    #[test]
    fn pages_go_down_from_the_newest_and_up_from_an_object() {
        assert_eq!(select("limit=2", 5), (vec![4, 3], true));
        assert_eq!(select("limit=2&starting_after=3", 5), (vec![2, 1], true));
        assert_eq!(select("limit=2&starting_after=1", 5), (vec![0], false));
        assert_eq!(select("limit=2&ending_before=1", 5), (vec![3, 2], true));
        assert_eq!(select("limit=3&ending_before=1", 5), (vec![4, 3, 2], false));
        assert_eq!(select("", 0), (vec![], false));
    }
}
