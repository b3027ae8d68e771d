//! Compares the documents and the templates with the list of settings.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::settings::{SETTINGS, Setting};

fn file(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

fn row(setting: &Setting) -> String {
    let Setting { name, help, .. } = setting;
    let default = match (setting.missing, setting.default) {
        (Some(_), _) => "required".to_owned(),
        (None, Some(default)) => format!("`{default}`"),
        (None, None) => setting.unset.to_owned(),
    };
    let mut details = match setting.details {
        "" => String::new(),
        details if help.ends_with('…') => format!(" {details}"),
        details => format!(". {details}"),
    };
    if let Some(name) = setting.deprecated_name {
        let _ = write!(details, ". Deprecated name: `{name}`");
    }
    format!("| `{name}` | {default} | {help}{details} |\n")
}

/// Writes the table again if it differs, and fails.
#[test]
fn the_document_has_a_row_for_each_setting() {
    let (path, document) = file("docs/configuration.md");
    let heading = "| variable | default | meaning |\n| --- | --- | --- |\n";
    let (before, rest) = document.split_once(heading).unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let rows: String = SETTINGS.iter().map(|setting| row(setting)).collect();
    let expected = format!("{before}{heading}{rows}\n{after}");
    if document != expected {
        std::fs::write(path, expected).unwrap();
        panic!("docs/configuration.md had another table of settings: it has been updated");
    }
}

#[test]
fn both_templates_offer_each_setting_that_makes_sense_in_them() {
    let (_, stack) = file("deploy/cloudformation.yml");
    let (_, module) = file("deploy/terraform/main.tf");
    let words: Vec<_> = module.split_whitespace().collect();
    let mut missing = String::new();
    for setting in SETTINGS {
        let name = setting.name;
        let in_stack = stack.contains(&format!("{{ Name: {name}, Value"));
        let in_module = words.windows(2).any(|pair| pair == [name, "="])
            || module.contains(&format!("\"{name}\""));
        if setting.is_in_templates() != in_stack || in_stack != in_module {
            let _ = writeln!(missing, "{name}: {in_stack} {in_module}");
        }
    }
    assert!(
        missing.is_empty(),
        "offered by CloudFormation, Terraform:\n{missing}"
    );
}
