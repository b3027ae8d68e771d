//! The names file: faults are reported without the text of the file.

use std::io::Write as _;

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::program::Outside;
use crate::support::id;

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

async fn with_names(file: &NamedTempFile) -> Outside {
    let mut outside = Outside::with_table().await;
    outside.set("NAMES_FILE", file.path().to_str().unwrap());
    outside
}

/// The verdict and the text of `check` about the file.
async fn found(outside: &Outside) -> (String, String) {
    let run = outside.run(&["check", "--json"]).await;
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let finding = findings.iter().find(|one| one["topic"] == "Names file");
    let finding = finding.unwrap_or_else(|| panic!("{run:?}"));
    let text = |field: &str| finding[field].as_str().unwrap().to_owned();
    (text("verdict"), text("detail"))
}

#[tokio::test]
async fn a_file_that_holds_no_names_is_refused_by_line_and_its_text_is_not_printed() {
    for (text, said) in [
        (
            "SLACK_BOT_TOKEN=xoxb-hush\nAWS_SECRET_ACCESS_KEY=hush\n",
            "line 1: this must be a heading",
        ),
        (
            "Account ID,Email\n200000000002,hush@example.com\n",
            "line 1: the heading has no column for the name",
        ),
        ("", "line 1: the file is empty"),
    ] {
        let file = file(text);
        let outside = with_names(&file).await;
        for command in [&["serve"][..], &["poll"], &["show"]] {
            let run = outside.run(command).await;
            assert_eq!(run.code, 1, "{run:?}");
            assert!(
                run.err.contains(said) && run.err.contains("NAMES_FILE"),
                "{run:?}"
            );
            assert!(!run.err.contains("hush"), "{run:?}");
        }
        let (verdict, detail) = found(&outside).await;
        assert_eq!(verdict, "wrong", "{detail}");
        assert!(
            detail.contains(said) && !detail.contains("hush"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn check_counts_the_lines_and_names_of_the_file_and_names_its_faults() {
    let good = file("id,name\n200000000002,ledger\n");
    let outside = with_names(&good).await;
    let (verdict, detail) = found(&outside).await;
    assert_eq!(
        (verdict.as_str(), detail.as_str()),
        ("well", "1 name in 2 lines")
    );

    let text = "200000000002,ledger\n200000000003,hush@example.com\n12345,hush\n";
    let faulty = file(text);
    let outside = with_names(&faulty).await;
    let (verdict, detail) = found(&outside).await;
    assert_eq!(verdict, "wrong", "{detail}");
    for said in ["1 name in 3 lines, 2 lines ignored", "line 2: ", "line 3: "] {
        assert!(detail.contains(said), "{detail}");
    }
    let shown = outside.run(&["show"]).await;
    assert!(
        shown.out.contains(&id(2)) && shown.out.contains("ledger"),
        "{shown:?}"
    );
    for said in ["line=2", "line=3"] {
        assert!(shown.err.contains(said), "{shown:?}");
    }
    assert!(!format!("{shown:?}{detail}").contains("hush"), "{shown:?}");
}
