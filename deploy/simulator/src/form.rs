//! Form-encoded parameters as Stripe's clients send them: `amount=5`, `metadata[order_id]=x`, `expand[]=y`.

use actix_web::web::Query;
use sha2::{Digest, Sha256};

use crate::errors::{ApiError, shown};
use crate::metadata::Metadata;

/// More parameters than any request needs (50 metadata keys and some thirty others).
const MAX_FIELDS: usize = 200;
/// Stripe's limits of metadata.
const MAX_METADATA_KEYS: usize = 50;
const MAX_METADATA_KEY_CHARACTERS: usize = 40;
const MAX_METADATA_VALUE_CHARACTERS: usize = 500;

/// Tells one request from another: the first half of a SHA-256 over its address and parameters.
pub type Fingerprint = u128;

/// The parameters of a request. Each reader takes its own out; what is left at the end is unknown.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
}

/// A change of metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataChange {
    /// `metadata=`: all of it goes.
    Clear,
    /// These are set; an empty value removes its key.
    Merge(Vec<(String, String)>),
}

impl MetadataChange {
    /// The metadata after the change.
    ///
    /// # Errors
    /// More than 50 keys.
    pub fn apply(&self, present: &Metadata) -> Result<Metadata, ApiError> {
        let merged = match self {
            Self::Clear => Metadata::default(),
            Self::Merge(pairs) => present.merged(pairs),
        };
        if merged.len() > MAX_METADATA_KEYS {
            let message = format!("You can have up to {MAX_METADATA_KEYS} metadata keys.");
            return Err(ApiError::invalid(message).param("metadata"));
        }
        Ok(merged)
    }
}

impl Form {
    /// Reads a body or a query string. Of a name given twice the last value counts.
    ///
    /// # Errors
    /// More than 200 parameters.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let fields = Query::<Vec<(String, String)>>::from_query(text)
            .map_err(|_| ApiError::invalid("The parameters are not form-encoded."))?
            .into_inner();
        if fields.len() > MAX_FIELDS {
            return Err(ApiError::invalid(format!("More than {MAX_FIELDS} parameters.")));
        }
        Ok(Self { fields })
    }

    /// What an idempotency key is bound to. The order of the parameters does not count.
    pub fn fingerprint(&self, address: &str) -> Fingerprint {
        let mut fields: Vec<&(String, String)> = self.fields.iter().collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        let mut hash = Sha256::new();
        hash.update(address);
        for (name, value) in fields {
            for part in [name, value] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        hash.finalize().iter().take(size_of::<Fingerprint>()).fold(0, |print, byte| (print << 8) | u128::from(*byte))
    }

    /// A text of at most `limit` characters.
    ///
    /// # Errors
    /// It is empty or too long.
    pub fn text(&mut self, name: &'static str, limit: usize) -> Result<Option<String>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        if value.is_empty() {
            let message = format!("You passed an empty string for '{name}'. Leave the parameter out instead.");
            return Err(ApiError::parameter(name, "parameter_invalid_empty", message));
        }
        if value.chars().count() > limit {
            let message = format!("Invalid string: '{name}' must be at most {limit} characters.");
            return Err(ApiError::invalid(message).param(name));
        }
        Ok(Some(value))
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is not a number of 64 bits.
    pub fn integer(&mut self, name: &'static str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let digits = value.strip_prefix('-').unwrap_or(&value);
        let well_formed = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(number) if well_formed => Ok(Some(number)),
            _ => {
                let message = format!("Invalid integer: {}", shown(&value));
                Err(ApiError::parameter(name, "parameter_invalid_integer", message))
            }
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>, ApiError> {
        Ok(self.choice(name, &["true", "false"])?.map(|value| value == "true"))
    }

    /// One of some words.
    ///
    /// # Errors
    /// It is none of them.
    pub fn choice(&mut self, name: &'static str, words: &[&'static str]) -> Result<Option<&'static str>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match words.iter().find(|word| **word == value) {
            Some(word) => Ok(Some(word)),
            None => {
                let message = format!("Invalid {name}: must be one of {}", words.join(", "));
                Err(ApiError::invalid(message).param(name))
            }
        }
    }

    /// The items of `name[]=` or `name[0]=`, in the order in which they stand.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let mut items = Vec::new();
        self.fields.retain_mut(|(field, value)| {
            let Some(index) = inner(field, name) else { return true };
            if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                return true;
            }
            items.push(std::mem::take(value));
            false
        });
        items
    }

    /// `metadata[key]=value` and `metadata=`.
    ///
    /// # Errors
    /// A key or value over Stripe's limits.
    pub fn metadata(&mut self) -> Result<Option<MetadataChange>, ApiError> {
        let cleared = self.take("metadata");
        let mut pairs = Vec::new();
        self.fields.retain_mut(|(field, value)| match inner(field, "metadata") {
            Some(key) => {
                pairs.push((key.to_owned(), std::mem::take(value)));
                false
            }
            None => true,
        });
        for (key, value) in &pairs {
            check_metadata(key, value)?;
        }
        match cleared {
            Some(value) if value.is_empty() && pairs.is_empty() => Ok(Some(MetadataChange::Clear)),
            Some(_) => Err(ApiError::invalid("Invalid hash.").param("metadata")),
            None if pairs.is_empty() => Ok(None),
            None => Ok(Some(MetadataChange::Merge(pairs))),
        }
    }

    /// Whether `expand[]` asks for the one property that can be expanded here.
    ///
    /// # Errors
    /// It asks for another one.
    pub fn expand(&mut self, expandable: &str) -> Result<bool, ApiError> {
        let wanted = self.list("expand");
        match wanted.iter().find(|property| *property != expandable) {
            Some(other) => {
                let message = format!("This property cannot be expanded ({}).", shown(other));
                Err(ApiError::invalid(message).param("expand"))
            }
            None => Ok(!wanted.is_empty()),
        }
    }

    /// Takes parameters out that change nothing here, whatever their value is.
    pub fn ignore(&mut self, names: &[&str]) {
        self.fields.retain(|(field, _)| !names.contains(&field.as_str()));
    }

    /// The end of reading.
    ///
    /// # Errors
    /// A parameter is left that nobody knows.
    pub fn finish(&self) -> Result<(), ApiError> {
        match self.fields.first() {
            Some((name, _)) => {
                let message = format!("Received unknown parameter: {}", shown(name));
                Err(ApiError::parameter(shown(name), "parameter_unknown", message))
            }
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.fields.retain_mut(|(field, value)| {
            let matches = field == name;
            if matches {
                found = Some(std::mem::take(value));
            }
            !matches
        });
        found
    }
}

/// A parameter that has to be there.
///
/// # Errors
/// It is not.
pub fn required<T>(name: &'static str, value: Option<T>) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::parameter(name, "parameter_missing", format!("Missing required param: {name}.")))
}

/// The `key` of `name[key]`.
fn inner<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    field.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')
}

fn check_metadata(key: &str, value: &str) -> Result<(), ApiError> {
    let fault = if key.is_empty() || key.contains(['[', ']']) {
        "Metadata keys must not be empty or hold square brackets.".to_owned()
    } else if key.chars().count() > MAX_METADATA_KEY_CHARACTERS {
        format!("Metadata keys can be up to {MAX_METADATA_KEY_CHARACTERS} characters long.")
    } else if value.chars().count() > MAX_METADATA_VALUE_CHARACTERS {
        format!("Metadata values can be up to {MAX_METADATA_VALUE_CHARACTERS} characters long.")
    } else {
        return Ok(());
    };
    Err(ApiError::invalid(fault).param(format!("metadata[{}]", shown(key))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_are_read_and_the_rest_is_unknown() {
        let mut form = Form::parse("amount=12&metadata%5Border_id%5D=ord_1&expand[0]=latest_charge&colour=red")
            .expect("well-formed");
        assert_eq!(form.integer("amount").expect("a number"), Some(12));
        let pairs = vec![("order_id".to_owned(), "ord_1".to_owned())];
        assert_eq!(form.metadata().expect("within limits"), Some(MetadataChange::Merge(pairs)));
        assert!(form.expand("latest_charge").expect("expandable"));
        let unknown = form.finish().expect_err("colour is unknown");
        assert_eq!((unknown.code.as_deref(), unknown.param.as_deref()), (Some("parameter_unknown"), Some("colour")));
    }

    #[test]
    fn numbers_are_digits_only() {
        for bad in ["", "1.5", "+5", "1e3", "99999999999999999999", "-", " 1"] {
            let mut form = Form { fields: vec![("amount".to_owned(), bad.to_owned())] };
            assert!(form.integer("amount").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_fingerprint_ignores_the_order_but_not_where_a_value_ends() {
        let print = |text: &str| Form::parse(text).expect("well-formed").fingerprint("/v1/x");
        assert_eq!(print("a=1&b=2"), print("b=2&a=1"));
        assert_ne!(print("a=1&b=2"), print("a=12&b="));
        assert_ne!(print("a=1"), Form::parse("a=1").expect("well-formed").fingerprint("/v1/y"));
    }
}
