//! Encodes members and changes: columns of JSON, compressed with zstd, in parts that fit into an
//! item.
//!
//! `zstd -d | jq` reads it without this program. The decoder doesn't trust its input: damaged or
//! malicious items must not exhaust the bot's memory.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::emails::EmailAddress;
use crate::domain::member::{AccountId, Listed, Member, MemberStatus, Snapshot};

/// The codec's name, stored with the content.
pub const CODEC: &str = "json+zstd/1";

/// DynamoDB's limit is 400 KB per item. The rest is for keys and attributes.
pub(super) const PART_BYTES: usize = 350_000;

/// The limit for decompressed data, in bytes. 100,000 members take about 10 MB as JSON; in
/// memory, the columns take up to eight times as much.
pub const MAX_BYTES: usize = 32 << 20;

const LEVEL: i32 = 6;

/// An error of encoding or decoding.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Another version of the program wrote it in another codec.
    #[error("the codec is {0:?}, but this version knows only {CODEC:?}")]
    Codec(String),
    /// The hash does not match.
    #[error("a part is missing or altered")]
    Hash,
    /// The frame's size is unknown or above [`MAX_BYTES`].
    #[error("unpacked, it is larger than {MAX_BYTES} bytes or of unknown size")]
    Size,
    /// An error of zstd or of serialization.
    #[error("{0}")]
    Zstd(#[from] std::io::Error),
    /// Not the expected JSON. serde's own message is left out because it quotes the data.
    #[error("unexpected JSON at line {}, column {}", .0.line(), .0.column())]
    Json(#[from] serde_json::Error),
    /// The columns of a snapshot are inconsistent.
    #[error("the columns do not match: {0}")]
    Columns(&'static str),
}

/// Encoded bytes with their hash.
#[derive(Debug)]
pub struct Encoded {
    /// The compressed bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256, in hex.
    pub sha256: String,
}

impl Encoded {
    /// The bytes in chunks of at most [`PART_BYTES`]; at least one chunk.
    pub(super) fn parts(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bytes.chunks(PART_BYTES)
    }
}

/// Encodes a value.
///
/// # Errors
///
/// [`CodecError::Size`] if it exceeds [`MAX_BYTES`], which [`decode`] would reject; errors of
/// serialization and compression.
pub fn encode<T: Serialize>(value: &T) -> Result<Encoded, CodecError> {
    let json = serde_json::to_vec(value)?;
    if json.len() > MAX_BYTES {
        return Err(CodecError::Size);
    }
    let bytes = zstd::bulk::compress(&json, LEVEL)?;
    Ok(Encoded {
        sha256: hex::encode(Sha256::digest(&bytes)),
        bytes,
    })
}

/// Decodes what [`encode`] returned. `codec` and `sha256` are those stored with the content. It
/// never decompresses more than [`MAX_BYTES`].
///
/// # Errors
///
/// If the codec is unknown, the hash differs, the data is too large, or it is not a `T`.
pub fn decode<T: DeserializeOwned>(
    bytes: &[u8],
    codec: &str,
    sha256: &str,
) -> Result<T, CodecError> {
    if codec != CODEC {
        return Err(CodecError::Codec(codec.to_owned()));
    }
    if hex::encode(Sha256::digest(bytes)) != sha256 {
        return Err(CodecError::Hash);
    }
    let size = zstd::zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= MAX_BYTES)
        .ok_or(CodecError::Size)?;
    Ok(serde_json::from_slice(&zstd::bulk::decompress(
        bytes, size,
    )?)?)
}

/// A snapshot in columns, because zstd compresses similar values best next to each other.
#[derive(Debug, Serialize, Deserialize)]
pub struct Columns {
    /// The differences between consecutive account IDs.
    accounts: Vec<u64>,
    /// The distinct statuses.
    statuses: Vec<MemberStatus>,
    /// An index into `statuses` for each account.
    status: Vec<usize>,
    email: Vec<Option<EmailAddress>>,
    /// Unix seconds.
    invited_at: Vec<Option<i64>>,
    /// Unix seconds.
    updated_at: Vec<Option<i64>>,
    /// Seconds after `updated_at`, or Unix seconds if there is no `updated_at`.
    since: Vec<i64>,
}

impl From<&Snapshot> for Columns {
    fn from(snapshot: &Snapshot) -> Self {
        let members = snapshot.members();
        let statuses: Vec<_> = snapshot
            .counts()
            .iter()
            .map(|(status, _)| status.clone())
            .collect();
        let ids = || members.iter().map(|member| member.listed.account.as_u64());
        let seconds = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp());
        let index = |member: &Member| {
            statuses
                .binary_search(&member.listed.status)
                .unwrap_or_default()
        };
        let since = |member: &Member| {
            member.since.timestamp() - seconds(member.listed.updated_at).unwrap_or_default()
        };
        Self {
            accounts: ids()
                .zip(std::iter::once(0).chain(ids()))
                .map(|(id, before)| id - before)
                .collect(),
            status: members.iter().map(index).collect(),
            email: members
                .iter()
                .map(|member| member.listed.email.clone())
                .collect(),
            invited_at: members
                .iter()
                .map(|member| seconds(member.listed.invited_at))
                .collect(),
            updated_at: members
                .iter()
                .map(|member| seconds(member.listed.updated_at))
                .collect(),
            since: members.iter().map(since).collect(),
            statuses,
        }
    }
}

impl TryFrom<Columns> for Snapshot {
    type Error = CodecError;

    fn try_from(columns: Columns) -> Result<Self, Self::Error> {
        let wrong = CodecError::Columns;
        let rows = columns.accounts.len();
        let lengths = [
            columns.status.len(),
            columns.email.len(),
            columns.invited_at.len(),
            columns.updated_at.len(),
            columns.since.len(),
        ];
        if lengths.iter().any(|length| *length != rows) {
            return Err(wrong("their lengths differ"));
        }
        let time = |seconds: i64| {
            DateTime::from_timestamp(seconds, 0).ok_or(wrong("a time is out of range"))
        };
        let mut id = 0_u64;
        let mut members = Vec::with_capacity(rows);
        let rest = columns.status.into_iter().zip(columns.email);
        let times = columns
            .invited_at
            .into_iter()
            .zip(columns.updated_at)
            .zip(columns.since);
        for ((step, (status, email)), ((invited_at, updated_at), since)) in
            columns.accounts.into_iter().zip(rest).zip(times)
        {
            id = id
                .checked_add(step)
                .ok_or(wrong("an account id is too large"))?;
            let since = since.checked_add(updated_at.unwrap_or_default());
            members.push(Member {
                listed: Listed {
                    account: AccountId::from_u64(id).ok_or(wrong("an account id is too large"))?,
                    status: columns
                        .statuses
                        .get(status)
                        .ok_or(wrong("an unknown status"))?
                        .clone(),
                    email,
                    invited_at: invited_at.map(time).transpose()?,
                    updated_at: updated_at.map(time).transpose()?,
                },
                since: time(since.ok_or(wrong("a time is out of range"))?)?,
            });
        }
        Self::new(members).ok_or(wrong("an account is there twice"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn snapshot(size: std::ops::Range<usize>) -> impl Strategy<Value = Snapshot> {
        proptest::collection::vec(member(), size)
            .prop_filter_map("an account is there twice", Snapshot::new)
    }

    fn member() -> impl Strategy<Value = Member> {
        let seconds = 0..4_102_444_800_i64;
        let time = move || {
            seconds
                .clone()
                .prop_map(|at| DateTime::from_timestamp(at, 0).unwrap())
        };
        let status = prop_oneof![
            proptest::sample::select(MemberStatus::KNOWN.to_vec()),
            "[A-Z][a-z]{1,9}".prop_map(|text| MemberStatus::parse(&text)),
        ];
        let id = 0..1_000_000_000_000_u64;
        let optional = || proptest::option::of(time());
        (
            (id, status, proptest::option::of(".{0,12}")),
            (optional(), optional(), time()),
        )
            .prop_map(
                |((id, status, email), (invited_at, updated_at, since))| Member {
                    listed: Listed {
                        account: AccountId::from_u64(id).unwrap(),
                        status,
                        email: email.map(EmailAddress::from),
                        invited_at,
                        updated_at,
                    },
                    since,
                },
            )
    }

    fn decode_snapshot(encoded: &Encoded) -> Result<Snapshot, CodecError> {
        decode::<Columns>(&encoded.bytes, CODEC, &encoded.sha256)?.try_into()
    }

    proptest! {
        #[test]
        fn a_snapshot_reads_back_as_it_was_written(
            snapshot in snapshot(0..40)
        ) {
            let encoded = encode(&Columns::from(&snapshot)).unwrap();
            prop_assert_eq!(decode_snapshot(&encoded).unwrap(), snapshot);
        }

        #[test]
        fn an_altered_byte_is_noticed(
            snapshot in snapshot(1..10),
            position in any::<proptest::sample::Index>(),
        ) {
            let mut encoded = encode(&Columns::from(&snapshot)).unwrap();
            let position = position.index(encoded.bytes.len());
            encoded.bytes[position] ^= 1;
            prop_assert!(matches!(decode_snapshot(&encoded), Err(CodecError::Hash)));
        }
    }

    fn decode_bytes(bytes: &[u8]) -> Result<Vec<String>, CodecError> {
        decode(bytes, CODEC, &hex::encode(Sha256::digest(bytes)))
    }

    #[test]
    fn data_that_unpacks_beyond_the_limit_is_refused_before_unpacking() {
        let bomb = zstd::bulk::compress(&vec![b' '; MAX_BYTES + 1], LEVEL).unwrap();
        assert!(bomb.len() < 10_000, "{}", bomb.len());
        assert!(matches!(decode_bytes(&bomb), Err(CodecError::Size)));
        // A second frame follows a first one that declares a small size.
        let small = encode(&["a"]).unwrap().bytes;
        let hidden = decode_bytes(&[small, bomb].concat());
        assert!(matches!(hidden, Err(CodecError::Zstd(_))), "{hidden:?}");
    }

    #[test]
    fn data_that_could_not_be_read_back_is_not_written() {
        let large = "x".repeat(MAX_BYTES);
        assert!(matches!(encode(&[large]), Err(CodecError::Size)));
    }
}
