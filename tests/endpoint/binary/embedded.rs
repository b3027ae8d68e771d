//! The embedded store: one process, one user, complete backups.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::program::{Outside, Serving};
use crate::support::{IRELAND, PATIENCE, id, member};

const STORE: &str = "EMBEDDED_STORE";

/// The program's answers about the past from the store at `path`.
async fn history(outside: &mut Outside, path: &Path) -> String {
    outside.set(STORE, path.to_str().unwrap());
    let run = outside.run(&["show", "today", "--json"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let mut json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    json["report"]["at"].take();
    json.to_string()
}

/// Waits until the first poll is stored.
async fn polled(serving: &Serving) {
    let address = format!("http://127.0.0.1:{}/metrics", serving.port);
    let polled = async {
        loop {
            let text = reqwest::get(&address).await.unwrap().text().await.unwrap();
            if text.contains(r#"outcome="read"} 1"#) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, polled).await.unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    format!("{}{suffix}", path.display()).into()
}

#[tokio::test]
async fn a_second_process_on_the_file_of_a_running_one_is_refused_and_a_backup_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("table.db");
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().unwrap();
    let mut outside = Outside::new().await;
    outside.set(STORE, store.to_str().unwrap());
    let serving = outside.serve().await;
    let said = format!(
        "is in use by another process ({})",
        serving.child.id().unwrap()
    );
    for command in [
        &["serve"][..],
        &["poll"],
        &["show", "today"],
        &["digest", "--dry-run"],
        &["restore", backup],
    ] {
        let run = outside.run(command).await;
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{command:?} {run:?}");
        assert!(run.err.contains(&said), "{command:?} {run:?}");
    }
    let check = outside.run(&["check"]).await;
    assert!(
        check.out.contains("not checked: a running bot uses"),
        "{check:?}"
    );
    let run = outside.run(&["backup", backup]).await;
    assert!(run.code == 0 && run.out.contains("Backed up "), "{run:?}");
    let (code, _) = serving.terminate().await;
    assert_eq!(code, 0);
    let run = outside.run(&["show", "today"]).await;
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test]
async fn the_store_and_its_backup_are_for_their_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("table.db");
    let mut outside = Outside::new().await;
    outside.set(STORE, store.to_str().unwrap());
    assert_eq!(outside.run(&["poll"]).await.code, 0);
    assert_eq!(mode(&store), 0o600);
    // The mode of a file from an earlier release.
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut serving = outside.serve().await;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        assert_eq!(mode(&beside(&store, suffix)), 0o600, "{suffix}");
    }
    serving.child.kill().await.unwrap();
    let backup = folder.path().join("backup.db");
    let run = outside.run(&["backup", backup.to_str().unwrap()]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(mode(&backup), 0o600);
}

#[tokio::test]
async fn data_stored_before_a_kill_is_in_the_backup_and_back_after_a_restore() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("table.db");
    let backup = folder.path().join("backup.db");
    let mut outside = Outside::new().await;
    outside.set(STORE, store.to_str().unwrap());
    for round in 0..3 {
        let status = ["Resigned", "Enabled", "Removed"][round];
        outside
            .aws
            .set_members(IRELAND, vec![member(1, status), member(2, "Enabled")]);
        let mut serving = outside.serve().await;
        // A live check stores data, then the power fails.
        polled(&serving).await;
        serving.child.kill().await.unwrap();
    }
    let run = outside.run(&["backup", backup.to_str().unwrap()]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let expected = history(&mut outside, &store).await;
    assert!(expected.contains(&id(1)), "{expected}");
    // Something damages the store. Its write-ahead log must not be restored.
    let members = vec![member(1, "Resigned"), member(2, "Resigned")];
    outside.aws.set_members(IRELAND, members);
    let mut serving = outside.serve().await;
    polled(&serving).await;
    serving.child.kill().await.unwrap();
    assert!(beside(&store, "-wal").exists());
    let run = outside.run(&["restore", backup.to_str().unwrap()]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains(".before-"), "{run:?}");
    assert_eq!(history(&mut outside, &store).await, expected);
    // Another machine without a store.
    let other = folder.path().join("other.db");
    outside.set(STORE, other.to_str().unwrap());
    let run = outside.run(&["restore", backup.to_str().unwrap()]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(history(&mut outside, &other).await, expected);
}

#[tokio::test]
async fn a_file_without_the_bots_table_is_refused_and_not_an_empty_history() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("table.db");
    std::fs::write(&store, "").unwrap();
    let mut outside = Outside::new().await;
    outside.set(STORE, store.to_str().unwrap());
    for command in [
        &["serve"][..],
        &["poll"],
        &["show"],
        &["backup", "/dev/null"],
    ] {
        let run = outside.run(command).await;
        assert_eq!(run.code, 1, "{run:?}");
        let said = "has no table securityhub-members: it was copied without its -wal file";
        assert!(run.err.contains(said), "{run:?}");
    }
}
