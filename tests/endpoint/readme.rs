//! The README promises nothing that no test holds it to.

use std::path::Path;

/// Every line of code that a test can stand in.
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
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let promises = readme.split("## Promises and their limits").nth(1).unwrap();
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
