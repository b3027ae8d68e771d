//! The signature of a webhook, independent of the program's implementation.

use sha2::{Digest as _, Sha256};

/// HMAC-SHA-256 as RFC 2104 defines it.
pub(crate) fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut key = match secret.len() {
        ..=BLOCK => secret.to_vec(),
        _ => Sha256::digest(secret).to_vec(),
    };
    key.resize(BLOCK, 0);
    let pad = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    let inner = Sha256::digest([&pad(0x36), message].concat());
    Sha256::digest([&pad(0x5c), inner.as_slice()].concat()).to_vec()
}
