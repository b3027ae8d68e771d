//! The forms of a stored message: with a table, and with sections for workspaces that reject
//! tables.

use serde_json::Value;

/// The name of the second form in a stored message. Older releases store none.
const SECTIONS: &str = "sections";

/// The arguments of a message, by form.
#[derive(Debug, Clone, PartialEq)]
pub struct Forms {
    /// With a table, if it has one.
    pub table: Option<Value>,
    /// Without a table.
    pub sections: Value,
}

impl Forms {
    /// The forms of a stored message.
    pub fn of(mut stored: Value) -> Self {
        let fields = stored.as_object_mut();
        let Some(blocks) = fields.and_then(|fields| fields.remove(SECTIONS)) else {
            return Self {
                table: None,
                sections: stored,
            };
        };
        let mut sections = stored.clone();
        if let Some(fields) = sections.as_object_mut() {
            fields.insert("blocks".to_owned(), blocks);
        }
        Self {
            table: Some(stored),
            sections,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_stored_with_both_forms() {
        let table = json!({ "text": "Full list", "blocks": ["table"] });
        let mut stored = table.clone();
        stored["sections"] = json!(["section"]);
        let forms = Forms::of(stored);
        assert_eq!(forms.table, Some(table));
        assert_eq!(
            forms.sections,
            json!({ "text": "Full list", "blocks": ["section"] })
        );
    }

    #[test]
    fn a_message_of_an_older_release_has_one_form() {
        let stored = json!({ "text": "Full list", "blocks": ["section"] });
        let forms = Forms::of(stored.clone());
        assert_eq!(forms.table, None);
        assert_eq!(forms.sections, stored);
    }
}
