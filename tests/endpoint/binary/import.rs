//! `import`: files of a daily script become history.

use std::path::Path;

use chrono::{TimeDelta, Utc};

use crate::program::Outside;
use crate::support::id;

fn write(folder: &Path, days_ago: i64, text: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the program reads the same clock"
    )]
    let day = (Utc::now() - TimeDelta::days(days_ago)).date_naive();
    let name = day.format("%Y%m%d.json").to_string();
    std::fs::write(folder.join(name), text).unwrap();
    day.to_string()
}

#[tokio::test]
async fn the_files_of_a_daily_script_become_history_and_a_broken_one_is_named() {
    let outside = Outside::with_table().await;
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (id(1), id(2));
    let first = format!(r#"{{"Enabled": ["{one}", "{two}"]}}"#);
    write(folder.path(), 5, &first);
    write(
        folder.path(),
        4,
        &format!("{{\n  \"Enabled\": [\"{one}\"]\n  \"Resigned\": [\"{two}\"]\n}}"),
    );
    let left = format!(r#"{{"Enabled": ["{one}", "{two}"], "Resigned": ["{two}"]}}"#);
    let day = write(folder.path(), 3, &left);
    write(folder.path(), 900, &first);
    std::fs::write(folder.path().join("notes.txt"), "").unwrap();
    let path = folder.path().to_str().unwrap();

    let dry = outside.run(&["import", path, "--dry-run"]).await;
    assert!(
        dry.code == 2 && dry.out.contains("nothing written"),
        "{dry:?}"
    );
    let none = outside.run(&["show", &day]).await;
    assert!(!none.out.contains(&two), "{none:?}");

    let run = outside.run(&["import", path]).await;
    assert_eq!(run.code, 2, "a file is broken: {run:?}");
    assert!(
        run.err.contains(".json:3:3: expected `,` or `}`"),
        "{run:?}"
    );
    for said in [
        "new days: 2",
        "; 1 account change",
        "notes.txt: its name must be YYYYMMDD.json",
        "RETENTION_DAYS",
        &format!("{two} has the statuses Resigned and Enabled: using Resigned"),
    ] {
        assert!(run.out.contains(said), "{said} is not in {run:?}");
    }
    let shown = outside.run(&["show", &day]).await;
    assert!(shown.code == 0 && shown.out.contains(&two), "{shown:?}");
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    let again = outside.run(&["import", path]).await;
    assert!(
        again.out.contains("new days: 0, changed: 0, unchanged: 2"),
        "{again:?}"
    );
    // Digests exclude changes from before the first poll.
    let digest = outside.run(&["digest", "--dry-run", "--json"]).await;
    let digest: serde_json::Value = serde_json::from_str(&digest.out).unwrap();
    assert_eq!(
        digest["report"]["changes"],
        serde_json::json!([]),
        "{digest}"
    );
}

#[tokio::test]
async fn a_path_that_is_no_regular_file_is_named_and_not_waited_for() {
    let outside = Outside::with_table().await;
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let mut making = std::process::Command::new("mkfifo");
    let made = making.arg(place("20260115.json")).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", place("20260116.json")).unwrap();
    std::os::unix::fs::symlink(folder.path(), place("20260117.json")).unwrap();
    let day = write(
        folder.path(),
        3,
        &format!(r#"{{"Resigned": ["{}"]}}"#, id(1)),
    );
    let pipe = place("20260115.json").to_str().unwrap().to_owned();
    for path in [folder.path().to_str().unwrap(), &pipe] {
        let run = outside.run(&["import", path]).await;
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.err.contains("20260115.json: not a regular file"),
            "{run:?}"
        );
    }
    let run = outside
        .run(&["import", folder.path().to_str().unwrap()])
        .await;
    assert_eq!(run.err.matches("not a regular file").count(), 3, "{run:?}");
    assert!(outside.run(&["show", &day]).await.out.contains(&id(1)));
}

#[tokio::test]
async fn whose_lists_they_are_has_to_be_said_where_there_are_several_hubs() {
    let mut outside = Outside::with_table().await;
    outside.set("REGIONS", "eu-west-1,us-east-1");
    let folder = tempfile::tempdir().unwrap();
    let day = write(
        folder.path(),
        3,
        &format!(r#"{{"Resigned": ["{}"]}}"#, id(7)),
    );
    let path = folder.path().to_str().unwrap();
    let run = outside.run(&["import", path]).await;
    assert!(
        run.code == 1 && run.err.contains("111122223333/us-east-1"),
        "{run:?}"
    );
    let run = outside
        .run(&["import", path, "--hub", "111122223333/ap-east-1"])
        .await;
    assert!(
        run.code == 1 && run.err.contains("is not monitored"),
        "{run:?}"
    );
    let run = outside
        .run(&["import", path, "--hub", "111122223333/us-east-1"])
        .await;
    assert_eq!(run.code, 0, "{run:?}");
    let shown = outside.run(&["show", &day]).await;
    assert!(shown.out.contains(&id(7)), "{shown:?}");
}
