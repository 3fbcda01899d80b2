//! Parsing JSON strictly: no name twice, and numbers in one form.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// 2⁶³: whole floats below it are integers that fit.
const INTEGERS_END: f64 = 9_223_372_036_854_775_808.0;

/// # Errors
/// What does not parse: bad syntax, a name twice in one object, nesting deeper than 128.
pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Value> {
    match once(bytes) {
        Err(error) if error.to_string().starts_with("number out of range") => once(&tame_numbers(bytes)),
        result => result,
    }
}

fn once(bytes: &[u8]) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Replaces numbers that no float can hold by the largest that one can: such a number is well-formed JSON and out of any
/// range that we allow, which the schema then says with its pointer.
fn tame_numbers(bytes: &[u8]) -> Vec<u8> {
    let mut tamed = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'"' => string_length(&bytes[at..]),
            b'-' | b'0'..=b'9' => number_length(&bytes[at..]),
            _ => 1,
        };
        let token = &bytes[at..at + length];
        let number = std::str::from_utf8(token).ok().filter(|_| byte != b'"').and_then(|text| text.parse::<f64>().ok());
        match number {
            Some(number) if number.is_infinite() && number > 0.0 => tamed.extend_from_slice(b"1e308"),
            Some(number) if number.is_infinite() => tamed.extend_from_slice(b"-1e308"),
            _ => tamed.extend_from_slice(token),
        }
        at += length;
    }
    tamed
}

fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn number_length(bytes: &[u8]) -> usize {
    let of_number = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
    bytes.iter().take_while(of_number).count()
}

/// Builds a [`Value`], refuses repeated names, and writes `1.0` as `1` (which JSON holds to be the same number).
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() < INTEGERS_END {
            return Ok(Value::Number((value as i64).into()));
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom("a name stands twice in one object"));
            }
            object.insert(name, members.next_value_seed(Strict)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn repeated_names_are_refused_at_any_depth() {
        assert!(parse(br#"{"a": 1, "a": 1}"#).is_err());
        assert!(parse(br#"[{"a": {"b": 1, "b": 2}}]"#).is_err());
    }

    #[test]
    fn numbers_that_no_float_holds_stay_numbers() {
        let value = parse(br#"{"a": 1e400, "b": -1e999, "c": "1e400 \" 1e999", "d": 12}"#).ok();
        assert_eq!(value, Some(json!({"a": 1e308, "b": -1e308, "c": "1e400 \" 1e999", "d": 12})));
    }

    #[test]
    fn whole_floats_are_integers() {
        assert_eq!(parse(b"[1.0, 2e2, -0.0, 1.5]").ok(), Some(json!([1, 200, 0, 1.5])));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "nul", "{} {}", "[1,]", "{\"a\": 01}", "\"\u{1}\""] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse("[".repeat(200).as_bytes()).is_err());
        assert!(parse(b"\"\xff\"").is_err());
    }
}
