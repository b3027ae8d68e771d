//! Stored snapshots and changes: any bytes, and any snapshot.

use chrono::{DateTime, Utc};
use securityhub_members::aws::table::codec::{CODEC, CodecError, Columns, Encoded};
use securityhub_members::aws::table::codec::{decode, encode};
use securityhub_members::domain::diff::Change;
use securityhub_members::domain::member::{AccountId, Listed, Member, MemberStatus, Snapshot};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The first byte selects the meaning of the rest: stored bytes, JSON in them, or the content of
/// a snapshot.
pub(crate) fn check(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    match kind % 3 {
        0 => check_stored(rest),
        1 => {
            // Any JSON, stored with a valid hash.
            if let Ok(value) = serde_json::from_slice::<Value>(rest) {
                check_stored(&encode(&value).unwrap().bytes);
            }
        }
        _ => {
            if let Some(snapshot) = snapshot(rest) {
                check_snapshot(&snapshot, rest.len());
            }
        }
    }
}

/// Decodes the bytes with their correct hash. What can be decoded must encode to the same value.
fn check_stored(bytes: &[u8]) {
    let sha256 = hex::encode(Sha256::digest(bytes));
    let columns = decode::<Columns>(bytes, CODEC, &sha256);
    if let Ok(snapshot) = columns.and_then(Snapshot::try_from) {
        check_snapshot(&snapshot, bytes.len());
    }
    if let Ok(changes) = decode::<Vec<Change>>(bytes, CODEC, &sha256) {
        let encoded = encode(&changes).unwrap();
        let read: Vec<Change> = decode(&encoded.bytes, CODEC, &encoded.sha256).unwrap();
        assert_eq!(read, changes);
    }
    let _ = decode::<Vec<String>>(bytes, CODEC, &sha256);
    let other = decode::<Columns>(bytes, "json+zstd/2", &sha256);
    assert!(matches!(other, Err(CodecError::Codec(_))), "{other:?}");
}

fn check_snapshot(snapshot: &Snapshot, position: usize) {
    let encoded = encode(&Columns::from(snapshot)).unwrap();
    assert_eq!(read(&encoded).unwrap(), *snapshot);
    let mut bytes = encoded.bytes.clone();
    let position = position % bytes.len();
    bytes[position] ^= 1;
    let altered = read(&Encoded { bytes, ..encoded });
    assert!(matches!(altered, Err(CodecError::Hash)), "{altered:?}");
}

fn read(encoded: &Encoded) -> Result<Snapshot, CodecError> {
    decode::<Columns>(&encoded.bytes, CODEC, &encoded.sha256)?.try_into()
}

/// One member for every 32 bytes; `None` if an account occurs twice.
fn snapshot(bytes: &[u8]) -> Option<Snapshot> {
    let members = bytes.chunks_exact(32).map(|chunk| {
        let number = |from: usize| {
            let eight = chunk[from..from + 8].try_into().unwrap();
            u64::from_le_bytes(eight)
        };
        let (about, letters) = (chunk[30], &chunk[24..30]);
        let text = String::from_utf8_lossy(letters).into_owned();
        let known = MemberStatus::KNOWN.get(usize::from(chunk[31]));
        Member {
            listed: Listed {
                account: AccountId::from_u64(number(0) % 1_000_000_000_000).unwrap(),
                status: known.cloned().unwrap_or_else(|| MemberStatus::parse(&text)),
                email: (about & 1 == 1).then(|| text.into()),
                invited_at: (about & 2 == 2).then(|| time(number(8))),
                updated_at: (about & 4 == 4).then(|| time(number(8) ^ number(16))),
            },
            since: time(number(16)),
        }
    });
    Snapshot::new(members.collect())
}

/// Any valid second, because times are stored in seconds.
fn time(number: u64) -> DateTime<Utc> {
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let seconds = first.timestamp()..=last.timestamp();
    let span = seconds.end().abs_diff(*seconds.start()) + 1;
    let ahead = i64::try_from(number % span).unwrap();
    DateTime::from_timestamp(seconds.start() + ahead, 0).unwrap()
}
