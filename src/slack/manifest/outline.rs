//! A tree of keys and values with comments, as YAML for people and as JSON for machines.

use serde_json::{Map, Value};

#[derive(Debug, Clone)]
pub(super) enum Node {
    Bool(bool),
    Text(String),
    /// Entries without a key.
    List(Vec<Entry>),
    /// Entries with a key.
    Map(Vec<Entry>),
}

/// A value with its key and a comment.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Empty for an item of a list.
    key: &'static str,
    node: Node,
    comment: Vec<String>,
}

impl Entry {
    pub(super) fn new(key: &'static str, node: Node) -> Self {
        Self {
            key,
            node,
            comment: Vec::new(),
        }
    }

    /// An entry of a list.
    pub(super) fn item(node: Node) -> Self {
        Self::new("", node)
    }

    /// Adds a comment, line by line.
    #[must_use]
    pub(super) fn because(mut self, lines: &[&str]) -> Self {
        self.comment = lines.iter().map(|&line| line.to_owned()).collect();
        self
    }
}

impl From<bool> for Node {
    fn from(on: bool) -> Self {
        Self::Bool(on)
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A map's entries as JSON.
pub(super) fn json(entries: &[Entry]) -> Value {
    let pair = |entry: &Entry| (entry.key.to_owned(), entry.node.json());
    Value::Object(entries.iter().map(pair).collect::<Map<_, _>>())
}

/// A map's entries as YAML, with an empty line between two of them.
pub(super) fn yaml(entries: &[Entry]) -> String {
    let sections = entries.iter().map(|entry| {
        let mut lines = Vec::new();
        entry.write(0, &mut lines);
        lines.join("\n") + "\n"
    });
    sections.collect::<Vec<_>>().join("\n")
}

impl Node {
    fn json(&self) -> Value {
        match self {
            Self::Bool(on) => Value::Bool(*on),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(entries) => entries.iter().map(|entry| entry.node.json()).collect(),
            Self::Map(entries) => json(entries),
        }
    }

    fn children(&self) -> &[Entry] {
        match self {
            Self::Bool(_) | Self::Text(_) => &[],
            Self::List(entries) | Self::Map(entries) => entries,
        }
    }

    fn scalar(&self) -> String {
        match self {
            Self::Bool(on) => on.to_string(),
            Self::Text(text) => scalar(text),
            Self::List(_) | Self::Map(_) => String::new(),
        }
    }
}

impl Entry {
    fn write(&self, depth: usize, lines: &mut Vec<String>) {
        let indent = "  ".repeat(depth);
        let comment = self.comment.iter();
        lines.extend(comment.map(|line| format!("{indent}# {line}")));
        if self.key.is_empty() {
            self.write_item(&indent, depth, lines);
            return;
        }
        let scalar = self.node.scalar();
        let line = format!("{indent}{}: {scalar}", self.key);
        lines.push(line.trim_end().to_owned());
        for child in self.node.children() {
            child.write(depth + 1, lines);
        }
    }

    /// The dash takes the place of the first line's indent.
    fn write_item(&self, indent: &str, depth: usize, lines: &mut Vec<String>) {
        let children = self.node.children();
        if children.is_empty() {
            lines.push(format!("{indent}- {}", self.node.scalar()));
            return;
        }
        let mut inner = Vec::new();
        for child in children {
            child.write(depth + 1, &mut inner);
        }
        let dash = format!("{indent}- ");
        for (number, line) in inner.into_iter().enumerate() {
            match line.get(dash.len()..) {
                Some(rest) if number == 0 => lines.push(format!("{dash}{rest}")),
                _ => lines.push(line),
            }
        }
    }
}

/// A string in YAML: bare if it can't be anything else, otherwise quoted as in JSON, which is
/// valid YAML.
fn scalar(text: &str) -> String {
    let first = text.chars().next().unwrap_or(' ');
    let starts_well = first.is_ascii_alphabetic() || first == '/';
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " /:.,_-".contains(letter);
    let is_bare = starts_well
        && text.chars().all(plain)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if is_bare {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_yaml_could_take_for_something_else_is_quoted() {
        for bare in [
            "plain",
            "/command",
            "channels:history",
            "https://a.example/x",
        ] {
            assert_eq!(scalar(bare), bare);
        }
        for text in [
            "", "#1f2a44", "[a]", "yes", "True", "a: b", "a:", "1", "-", "a #b", "昨日", "\"",
        ] {
            assert_eq!(scalar(text), Value::String(text.to_owned()).to_string());
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let entries = [
            Entry::new("a", true.into()).because(&["why", "so"]),
            Entry::new(
                "b",
                Node::List(vec![
                    Entry::item("one".into()).because(&["first"]),
                    Entry::item(Node::Map(vec![
                        Entry::new("c", "x".into()),
                        Entry::new("d", Node::Map(vec![Entry::new("e", "#".into())])),
                    ])),
                ]),
            ),
        ];
        assert_eq!(
            json(&entries).to_string(),
            r##"{"a":true,"b":["one",{"c":"x","d":{"e":"#"}}]}"##
        );
        insta::assert_snapshot!(yaml(&entries), @r##"
        # why
        # so
        a: true

        b:
          # first
          - one
          - c: x
            d:
              e: "#"
        "##);
    }
}
