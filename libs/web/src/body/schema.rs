//! Checking a value against the schema that its type publishes, and saying everything that is wrong with it.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Problem;
use crate::faults::{Faults, child};

/// A type's schema, ready for use. Compiled at its first use and kept for the life of the process.
pub(crate) struct Schema {
    validator: Validator,
    /// The schema itself, with everything that it refers to under `components/schemas`.
    pub(crate) document: Value,
}

/// # Errors
/// 500 when the type's schema is not a valid one.
pub(crate) fn of<T: ToSchema + 'static>() -> Result<Arc<Schema>, Problem> {
    static COMPILED: LazyLock<RwLock<HashMap<TypeId, Arc<Schema>>>> = LazyLock::new(RwLock::default);
    let id = TypeId::of::<T>();
    if let Some(schema) = COMPILED.read().ok().and_then(|compiled| compiled.get(&id).cloned()) {
        return Ok(schema);
    }
    let schema =
        Arc::new(compile::<T>().map_err(|error| Problem::internal(format!("schema of {}: {error}", T::name())))?);
    if let Ok(mut compiled) = COMPILED.write() {
        compiled.insert(id, Arc::clone(&schema));
    }
    Ok(schema)
}

fn compile<T: ToSchema>() -> Result<Schema, Box<dyn std::error::Error>> {
    let mut nested = Vec::new();
    T::schemas(&mut nested);
    let mut components = Map::new();
    for (name, schema) in nested {
        components.insert(name, serde_json::to_value(schema)?);
    }
    let mut document = serde_json::to_value(T::schema())?;
    document["components"] = json!({ "schemas": components });
    tighten(&mut document);
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        // Linear time: a pattern must not be a way to keep a worker busy.
        .with_pattern_options(PatternOptions::regex())
        .build(&document)?;
    Ok(Schema { validator, document })
}

/// Says what the type means and its schema leaves open: that there are no other fields, and how far its integers go.
fn tighten(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            close(members);
            bound_integer(members);
            // The parts of a composition each know some of the fields only.
            members.iter_mut().filter(|(name, _)| *name != "allOf").for_each(|(_, member)| tighten(member));
        }
        Value::Array(items) => items.iter_mut().for_each(tighten),
        _ => {}
    }
}

/// A request type that forgot `deny_unknown_fields` is closed all the same.
fn close(schema: &mut Map<String, Value>) {
    if schema.get("type").is_some_and(|kind| kind == "object") && schema.get("properties").is_some_and(Value::is_object)
    {
        schema.entry("additionalProperties").or_insert(false.into());
    }
}

/// Writes the range of `format: int32` and `int64` as `minimum` and `maximum`, where the type sets none of its own:
/// JSON schema takes these formats for remarks, and a number beyond them is out of range, not unreadable.
fn bound_integer(schema: &mut Map<String, Value>) {
    let (least, most) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    if !schema.contains_key("exclusiveMinimum") {
        schema.entry("minimum").or_insert(least.into());
    }
    if !schema.contains_key("exclusiveMaximum") {
        schema.entry("maximum").or_insert(most.into());
    }
}

impl Schema {
    /// The value as a `T`, or all its faults.
    pub(crate) fn read<T: DeserializeOwned>(&self, value: &Value) -> Result<T, Faults> {
        let mut faults = Faults::new();
        control_characters(value, "", &mut faults);
        if !self.validator.is_valid(value) {
            for error in self.validator.iter_errors(value) {
                explain(&error, &mut faults);
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        T::deserialize(value).map_err(|_| {
            // The schema allowed what the type does not; read again for the place.
            if let Err(error) = serde_path_to_error::deserialize::<_, T>(value) {
                let pointer = pointer_of(error.path());
                // A whole number that became a float lies just past the integers, where floats cannot tell it from them.
                let too_large = value.pointer(&pointer).is_some_and(Value::is_f64);
                let code = if too_large { "out_of_range" } else { "invalid_value" };
                faults.add(&pointer, code, error.inner().to_string());
            }
            faults
        })
    }
}

/// Strings hold no control characters: they would reach logs, mails and labels, and Postgres refuses NUL.
fn control_characters(value: &Value, pointer: &str, faults: &mut Faults) {
    match value {
        Value::String(text) if text.chars().any(char::is_control) => {
            faults.add(pointer, "invalid_format", "Must not hold control characters.");
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| may_hold_text(item)) {
                control_characters(item, &format!("{pointer}/{index}"), faults);
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(_, member)| may_hold_text(member)) {
                control_characters(member, &child(pointer, name), faults);
            }
        }
        _ => {}
    }
}

/// Spares the pointers of values that cannot have the fault, which are nearly all.
fn may_hold_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().any(char::is_control),
        Value::Array(_) | Value::Object(_) => true,
        _ => false,
    }
}

fn explain(error: &ValidationError<'_>, faults: &mut Faults) {
    let at = error.instance_path().as_str();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.add(&child(at, name), "required", "Must be given.");
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                faults.add(&child(at, name), "unknown_field", "There is no such field.");
            }
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match branch_meant(context, at) {
            Some(errors) => errors.iter().for_each(|error| explain(error, faults)),
            None if context.iter().flatten().all(|error| is_type_fault_at(error, at)) => {
                faults.add(at, "wrong_type", "Has another type than this field.");
            }
            None => faults.add(at, "invalid_value", "Fits none of the allowed forms."),
        },
        kind => {
            let (code, detail) = describe(kind);
            faults.add(at, code, detail);
        }
    }
}

/// An optional object is "null or this": the faults that count are those of the only form whose type fits.
fn branch_meant<'a>(
    context: &'a [Vec<ValidationError<'static>>],
    at: &str,
) -> Option<&'a Vec<ValidationError<'static>>> {
    let mut meant = context.iter().filter(|errors| !errors.iter().any(|error| is_type_fault_at(error, at)));
    meant.next().filter(|_| meant.next().is_none())
}

fn is_type_fault_at(error: &ValidationError<'_>, at: &str) -> bool {
    matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == at
}

fn describe(kind: &Kind) -> (&'static str, String) {
    match kind {
        Kind::Type { .. } => ("wrong_type", "Has another type than this field.".to_owned()),
        Kind::Maximum { limit } => ("out_of_range", format!("Must be at most {limit}.")),
        Kind::Minimum { limit } => ("out_of_range", format!("Must be at least {limit}.")),
        Kind::ExclusiveMaximum { limit } => ("out_of_range", format!("Must be less than {limit}.")),
        Kind::ExclusiveMinimum { limit } => ("out_of_range", format!("Must be more than {limit}.")),
        Kind::MaxLength { limit } => ("out_of_range", format!("Must have at most {limit} characters.")),
        Kind::MinLength { limit } => ("out_of_range", format!("Must have at least {limit} characters.")),
        Kind::MaxItems { limit } => ("out_of_range", format!("Must have at most {limit} entries.")),
        Kind::MinItems { limit } => ("out_of_range", format!("Must have at least {limit} entries.")),
        Kind::MaxProperties { limit } => ("out_of_range", format!("Must have at most {limit} members.")),
        Kind::MinProperties { limit } => ("out_of_range", format!("Must have at least {limit} members.")),
        Kind::MultipleOf { .. } => ("out_of_range", "Is not a multiple of the allowed step.".to_owned()),
        Kind::Pattern { pattern } => ("invalid_format", format!("Must match {pattern}")),
        Kind::Format { format } => ("invalid_format", format!("Must be a well-formed {format}.")),
        Kind::Enum { options } => ("invalid_value", format!("Must be one of {options}.")),
        Kind::Constant { expected_value } => ("invalid_value", format!("Must be {expected_value}.")),
        Kind::UniqueItems => ("invalid_value", "Must not hold the same entry twice.".to_owned()),
        _ => ("invalid_value", "Does not fit this field.".to_owned()),
    }
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => child(&pointer, key),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}
