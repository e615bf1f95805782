//! What a form held that was sent without script and refused: it comes back filled in.

use leptos::prelude::*;

/// Names and values of the fields, as context around a form's controls. Empty for a form that was not sent.
#[derive(Debug, Clone, Default)]
pub struct Typed(pub Vec<(String, String)>);

impl Typed {
    /// What a field held.
    pub fn field(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

/// What the field of this name in the form around held.
pub fn typed(name: &str) -> Option<String> {
    use_context::<Typed>()?.field(name)
}
