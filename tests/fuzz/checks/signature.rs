//! The signature check: any headers with any body.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use securityhub_members::slack::signature::SigningSecrets;
use sha2::Sha256;

/// The example in Slack's documentation, and a second secret.
const SECRETS: [&str; 2] = ["8f742231b10e8888abcd99yyyzzz85a5", "next"];
const NOW: i64 = 1_531_420_618;

/// The bytes are a timestamp, a signature and a body, separated by line breaks.
pub(crate) fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (timestamp, signature, body) = (next(), next(), next());
    let timestamp = String::from_utf8_lossy(timestamp);
    let signature = String::from_utf8_lossy(signature);

    let secrets = SECRETS.map(Into::into).to_vec();
    let secrets = SigningSecrets::new(secrets).unwrap();
    let now = DateTime::<Utc>::from_timestamp(NOW, 0).unwrap();
    let verify = |timestamp: &str, signature: &str, body: &[u8]| {
        secrets.verify(timestamp, signature, body, now).is_ok()
    };

    let fresh = is_fresh(&timestamp);
    let signs = SECRETS.map(|secret| sign(secret, &timestamp, body));
    let wanted = fresh && signs.iter().any(|sign| *sign == signature);
    assert_eq!(
        verify(&timestamp, &signature, body),
        wanted,
        "{timestamp:?} {signature:?}"
    );

    // A correct signature is accepted. With any change it is rejected.
    for sign in signs {
        assert_eq!(verify(&timestamp, &sign, body), fresh, "{timestamp:?}");
        assert!(!verify(&timestamp, &flip(&sign), body));
        assert!(!verify(&timestamp, &sign, &[body, b"x"].concat()));
        assert!(!verify(&format!("0{timestamp}"), &sign, body));
        assert!(!verify(&timestamp, &sign.to_uppercase(), body));
        assert!(!verify(&timestamp, &format!("{sign}0"), body));
    }
}

/// Only digits, and at most five minutes off.
fn is_fresh(timestamp: &str) -> bool {
    let digits = !timestamp.is_empty() && timestamp.chars().all(|digit| digit.is_ascii_digit());
    digits
        && timestamp
            .parse::<i64>()
            .is_ok_and(|sent| sent.abs_diff(NOW) <= 300)
}

fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let signed = [b"v0:", timestamp.as_bytes(), b":", body].concat();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(signed).finalize();
    format!("v0={}", hex::encode(mac.into_bytes()))
}

/// The signature with another last digit.
fn flip(signature: &str) -> String {
    let (head, last) = signature.split_at(signature.len() - 1);
    format!("{head}{}", if last == "0" { '1' } else { '0' })
}
