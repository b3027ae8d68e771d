//! Every promise in the documents has a test, and every link has a target.

use std::path::Path;

/// All code that can contain a test.
fn code(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_backs_a_promise_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    code(&root.join("src"), &mut tests);
    code(&root.join("tests"), &mut tests);
    let page = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let promises = page.split("## Promises and their limits").nth(1).unwrap();
    let promises = promises.split("The limits:").next().unwrap();
    let rows = promises.lines().filter_map(|line| line.split('|').nth(2));
    let mut backed = 0;
    for row in rows.skip(2) {
        let names: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "a promise without a test: {row}");
        for name in names {
            assert!(tests.contains(&format!("fn {name}()")), "no test {name}");
            backed += 1;
        }
    }
    assert!(backed > 20, "{backed}");
}

/// The anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = |letter: char| letter.is_alphanumeric() || "- _".contains(letter);
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    heading
        .chars()
        .filter(|letter| kept(*letter))
        .collect::<String>()
        .replace(' ', "-")
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let documents = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut links = 0;
    let at_the_top = ["README.md", "README.ja.md", "CONTRIBUTING.md"];
    for document in documents.chain(at_the_top.map(|name| root.join(name))) {
        let text = std::fs::read_to_string(&document).unwrap();
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => document.clone(),
                file => document.parent().unwrap().join(file),
            };
            assert!(path.exists(), "{target} in {}", document.display());
            if !heading.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| anchor(line) == heading);
                assert!(found, "{target} in {}", document.display());
            }
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}
