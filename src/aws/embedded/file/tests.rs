use super::*;

/// A store with one table, at work: what was written last is in its `-wal`.
fn at_work(path: &Path) -> Connection {
    let store = Connection::open(path).unwrap();
    let made = store.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE _tables (table_name TEXT);
         INSERT INTO _tables VALUES ('members');
         CREATE TABLE history (version INTEGER);",
    );
    made.unwrap();
    store
}

/// A folder with a store at work, which has a first version, and the path of a
/// copy that is not there yet.
struct Folder {
    root: tempfile::TempDir,
    path: PathBuf,
    copy: PathBuf,
    store: Connection,
}

fn folder() -> Folder {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("table.db");
    let store = at_work(&path);
    add(&store);
    Folder {
        copy: root.path().join("copy.db"),
        path,
        store,
        root,
    }
}

/// Copies both files of a store.
fn copy_pair(path: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        std::fs::copy(beside(path, suffix), beside(to, suffix)).unwrap();
    }
}

fn add(store: &Connection) {
    store.execute("INSERT INTO history VALUES (1)", []).unwrap();
}

fn versions(path: &Path) -> i64 {
    let sql = "SELECT COUNT(*) FROM history";
    open(path)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-25T09:00:00Z".parse().unwrap()
}

#[test]
fn of_two_who_claim_a_store_one_is_refused_by_any_path_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.db");
    let claim = Claim::new(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [&path, &link] {
        let refused = Claim::new(path).map(drop).unwrap_err();
        let refused = refused.downcast::<InUse>().unwrap();
        assert_eq!(refused.process, Some(std::process::id()));
    }
    drop(claim);
    Claim::new(&link).unwrap();
}

#[test]
fn a_backup_of_a_store_at_work_holds_what_was_written_last() {
    let Folder {
        path,
        copy,
        store,
        root: _root,
    } = folder();
    for versions_now in 1..=3 {
        let bytes = back_up(&path, "members", &copy).unwrap();
        assert_eq!(bytes, copy.metadata().unwrap().len());
        assert_eq!(versions(&copy), versions_now);
        let mode = copy.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        add(&store);
    }
    let error = back_up(&path, "members", &path).unwrap_err();
    assert!(
        error.to_string().contains("is part of the embedded store"),
        "{error}"
    );
    let error = back_up(&path, "others", &copy).unwrap_err();
    assert!(error.to_string().contains("no table others"), "{error}");
    assert_eq!(versions(&copy), 3);
}

#[test]
fn the_main_file_alone_lacks_what_was_written_last_until_a_checkpoint() {
    let Folder {
        path,
        copy,
        store: _store,
        root: _root,
    } = folder();
    std::fs::copy(&path, &copy).unwrap();
    let error = expect_table(&copy, "members").unwrap_err();
    assert!(error.to_string().contains("without its -wal"), "{error}");
    checkpoint(&path).unwrap();
    std::fs::copy(&path, &copy).unwrap();
    expect_table(&copy, "members").unwrap();
    assert_eq!(versions(&copy), 1);
}

#[test]
fn a_restore_replaces_both_files_and_keeps_those_from_before() {
    let Folder {
        root,
        path,
        copy,
        store,
    } = folder();
    back_up(&path, "members", &copy).unwrap();
    add(&store);
    // As after a crash: both files exist and are not open.
    let crashed = root.path().join("crashed.db");
    copy_pair(&path, &crashed);
    let kept = restore(&copy, &crashed, "members", now()).unwrap().unwrap();
    assert!(
        kept.ends_with("crashed.db.before-20261125T090000Z"),
        "{kept:?}"
    );
    assert_eq!((versions(&crashed), versions(&kept)), (1, 2));
    assert!(!beside(&crashed, "-wal").exists());
    // A plain copy of both files is a backup too.
    let pair = root.path().join("pair.db");
    copy_pair(&path, &pair);
    let new = root.path().join("new.db");
    assert_eq!(restore(&pair, &new, "members", now()).unwrap(), None);
    assert_eq!(versions(&new), 2);
    assert!(beside(&pair, "-wal").exists());
}

#[test]
fn an_incomplete_backup_is_refused_and_the_store_stays() {
    let Folder {
        root,
        path,
        copy,
        store,
    } = folder();
    for _ in 1..2_000 {
        add(&store);
    }
    back_up(&path, "members", &copy).unwrap();
    drop(store);
    let whole = std::fs::read(&copy).unwrap();
    let torn = |name: &str, bytes: &[u8]| {
        let torn = root.path().join(name);
        std::fs::write(&torn, bytes).unwrap();
        torn
    };
    let mut altered = whole.clone();
    let last_page = altered.len() - 4_096;
    altered[last_page..].fill(0xff);
    for bad in [
        torn("empty", b""),
        torn("text", b"not a database"),
        torn("half", &whole[..whole.len() / 2]),
        torn("altered", &altered),
        root.path().join("missing"),
    ] {
        let refused = restore(&bad, &path, "members", now());
        assert!(refused.is_err(), "{bad:?}: {refused:?}");
        assert_eq!(versions(&path), 2_000, "{bad:?}");
    }
    let claim = Claim::new(&path).unwrap();
    let refused = restore(&copy, &path, "members", now()).unwrap_err();
    assert!(refused.is::<InUse>(), "{refused}");
    drop(claim);
    let left = std::fs::read_dir(root.path()).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_str().unwrap().contains(".restore")
    });
    assert_eq!(left.count(), 0);
}
