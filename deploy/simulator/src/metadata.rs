//! The key-value pairs that a client may hang on an object.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Metadata of an object, sorted by key. Cheap to clone: snapshots of one object share it.
#[derive(Debug, Clone)]
pub struct Metadata(Arc<[(String, String)]>);

impl Default for Metadata {
    fn default() -> Self {
        Self(Arc::from(Vec::new()))
    }
}

impl Metadata {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// These pairs over the present ones; an empty value removes its key.
    pub fn merged(&self, pairs: &[(String, String)]) -> Self {
        let mut merged: BTreeMap<String, String> = self.0.iter().cloned().collect();
        for (key, value) in pairs {
            if value.is_empty() {
                merged.remove(key);
            } else {
                merged.insert(key.clone(), value.clone());
            }
        }
        Self(merged.into_iter().collect())
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(BTreeMap::<String, String>::deserialize(deserializer)?.into_iter().collect()))
    }
}
