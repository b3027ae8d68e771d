//! The steps between I/O with 10,000 members, by Criterion: `cargo bench --bench steps`.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed"
)]

#[path = "measure/members.rs"]
mod members;
#[path = "measure/parts.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod parts;

use chrono::TimeDelta;
use criterion::{Criterion, criterion_group, criterion_main};
use securityhub_members::aws::table::codec::{self, CODEC, Columns};
use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::demo::slack::{SIGNING_SECRET, signature};
use securityhub_members::domain::diff::diff;
use securityhub_members::domain::member::Snapshot;
use securityhub_members::slack::signature::SigningSecrets;
use securityhub_members::watch::ports::Channel as _;

const MEMBERS: usize = 10_000;

fn steps(criterion: &mut Criterion) {
    let listed = members::listed(MEMBERS);
    let before = members::snapshot(listed.clone(), members::start());
    let later = members::start() + TimeDelta::days(1);
    let after = members::snapshot(members::all_changed(listed), later);
    criterion.bench_function("compare, nothing changed", |bench| {
        bench.iter(|| diff(&before, &before));
    });
    criterion.bench_function("compare, all changed", |bench| {
        bench.iter(|| diff(&before, &after));
    });
    let encoded = codec::encode(&Columns::from(&before)).unwrap();
    criterion.bench_function("encode", |bench| {
        bench.iter(|| codec::encode(&Columns::from(&before)).unwrap());
    });
    criterion.bench_function("decode", |bench| {
        bench.iter(|| {
            let columns: Columns = codec::decode(&encoded.bytes, CODEC, &encoded.sha256).unwrap();
            Snapshot::try_from(columns).unwrap()
        });
    });
    let (channel, digest) = (parts::channel(), parts::digest(&before, &after));
    criterion.bench_function("render a digest of all", |bench| {
        bench.iter(|| channel.render(&digest));
    });
    let (now, body) = (
        SystemClock.now(),
        "command=%2Fsecurityhub-members&text=".repeat(16),
    );
    let timestamp = now.timestamp();
    let signed = signature(SIGNING_SECRET, timestamp, &body);
    let secrets = SigningSecrets::new(vec![SIGNING_SECRET.into()]).unwrap();
    criterion.bench_function("verify a signature", |bench| {
        let timestamp = timestamp.to_string();
        bench.iter(|| {
            secrets
                .verify(&timestamp, &signed, body.as_bytes(), now)
                .unwrap()
        });
    });
}

criterion_group!(all, steps);
criterion_main!(all);
