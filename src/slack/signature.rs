//! Verifies that a request comes from Slack, by its signature and its age.
//!
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// Slack's recommended limit for the age of a request, in both directions.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// The reason that a request is rejected. Only for the log: the response doesn't say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A header is missing, repeated or malformed.
    #[error("the signature headers are missing or malformed")]
    Headers,
    /// The time differs too much: a replay, or a wrong clock.
    #[error("the request is more than 5 minutes off: replayed, or this machine's clock is wrong")]
    Stale,
    /// The signature doesn't match.
    #[error("the signature is wrong: check SLACK_SIGNING_SECRET")]
    Signature,
}

/// A verified signature, which identifies the request.
pub type Signature = [u8; 32];

/// The signing secrets: one, or two during a rotation. They can be replaced while the program
/// runs. Clones share them.
#[derive(Clone)]
pub struct SigningSecrets(Arc<RwLock<Signing>>);

struct Signing {
    now: Vec<SecretString>,
    /// The previous secrets, which are valid until `until`.
    before: Vec<SecretString>,
    until: DateTime<Utc>,
}

impl std::fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "SigningSecrets({} of them)", secrets.now.len())
    }
}

impl SigningSecrets {
    /// `None` if there is no secret, or an empty one.
    pub fn new(secrets: Vec<SecretString>) -> Option<Self> {
        let usable = |secret: &SecretString| !secret.expose_secret().is_empty();
        let signing = Signing {
            now: secrets,
            before: Vec::new(),
            until: DateTime::UNIX_EPOCH,
        };
        let all_usable = !signing.now.is_empty() && signing.now.iter().all(usable);
        all_usable.then(|| Self(Arc::new(RwLock::new(signing))))
    }

    /// Replaces the secrets. The previous ones stay valid while requests that were signed with
    /// them can arrive.
    pub fn replace(&self, secrets: Vec<SecretString>, now: DateTime<Utc>) {
        let mut signing = self.0.write().unwrap_or_else(PoisonError::into_inner);
        signing.before = std::mem::replace(&mut signing.now, secrets);
        signing.until = now + TOLERANCE;
    }

    /// Reports whether each secret has 32 hex digits, like Slack's. Slack doesn't document that,
    /// so another form can be valid.
    pub fn look_like_slacks(&self) -> bool {
        let usual = |secret: &SecretString| {
            let secret = secret.expose_secret();
            secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        secrets.now.iter().all(usual)
    }

    /// Verifies the headers `X-Slack-Request-Timestamp` and `X-Slack-Signature` against the raw
    /// body. The age is checked first, so stale requests cost no hashing. The comparison takes
    /// constant time. Returns the signature without its version, decoded from hex.
    ///
    /// # Errors
    ///
    /// [`Unverified`] says which check failed.
    pub fn verify(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Signature, Unverified> {
        if timestamp.is_empty() || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Unverified::Headers);
        }
        let sent = timestamp.parse().map_err(|_| Unverified::Headers)?;
        let sent = DateTime::from_timestamp(sent, 0).ok_or(Unverified::Headers)?;
        if (now - sent).abs() > TOLERANCE {
            return Err(Unverified::Stale);
        }
        let given = signature.strip_prefix("v0=").ok_or(Unverified::Headers)?;
        // Slack sends lower case, so anything else is not from Slack.
        if given.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Unverified::Headers);
        }
        let mut bytes = Signature::default();
        hex::decode_to_slice(given, &mut bytes).map_err(|_| Unverified::Headers)?;
        let signs = |secret: &SecretString| {
            Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).is_ok_and(
                |mut mac| {
                    mac.update(b"v0:");
                    mac.update(timestamp.as_bytes());
                    mac.update(b":");
                    mac.update(body);
                    mac.verify_slice(&bytes).is_ok()
                },
            )
        };
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let before = secrets.before.iter().filter(|_| now <= secrets.until);
        if secrets.now.iter().chain(before).any(signs) {
            Ok(bytes)
        } else {
            Err(Unverified::Signature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example in Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn secrets(secrets: &[&str]) -> SigningSecrets {
        SigningSecrets::new(secrets.iter().map(|secret| (*secret).into()).collect()).unwrap()
    }

    fn published() -> Signature {
        let bytes = hex::decode(&SIGNATURE["v0=".len()..]).unwrap();
        bytes.try_into().unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_531_420_618 + seconds, 0).unwrap()
    }

    #[test]
    fn slacks_documented_example_is_accepted() {
        assert_eq!(
            secrets(&[SECRET]).verify(TIMESTAMP, SIGNATURE, BODY.as_bytes(), at(0)),
            Ok(published())
        );
    }

    #[test]
    fn both_secrets_are_valid_during_a_rotation() {
        for both in [[SECRET, "new"], ["new", SECRET]] {
            assert_eq!(
                secrets(&both).verify(TIMESTAMP, SIGNATURE, BODY.as_bytes(), at(0)),
                Ok(published())
            );
        }
    }

    #[test]
    fn a_replaced_secret_stays_valid_for_five_minutes() {
        let secrets = secrets(&[SECRET]);
        secrets.clone().replace(vec!["new".into()], at(0));
        let verify = |now| secrets.verify(TIMESTAMP, SIGNATURE, BODY.as_bytes(), at(now));
        assert_eq!(verify(0), Ok(published()));
        assert_eq!(verify(300), Ok(published()));
        secrets.replace(vec!["newer".into()], at(60));
        assert_eq!(verify(60), Err(Unverified::Signature));
        secrets.replace(vec![SECRET.into()], at(120));
        assert_eq!(verify(120), Ok(published()));
    }

    #[test]
    fn a_request_is_valid_for_five_minutes_before_and_after_its_time() {
        let verify =
            |now| secrets(&[SECRET]).verify(TIMESTAMP, SIGNATURE, BODY.as_bytes(), at(now));
        assert_eq!(verify(300), Ok(published()));
        assert_eq!(verify(-300), Ok(published()));
        assert_eq!(verify(301), Err(Unverified::Stale));
        assert_eq!(verify(-301), Err(Unverified::Stale));
    }

    #[test]
    fn a_request_with_any_difference_is_rejected() {
        let upper = SIGNATURE.to_uppercase().replace("V0", "v0");
        let v1 = SIGNATURE.replace("v0=", "v1=");
        let short = &SIGNATURE[..SIGNATURE.len() - 2];
        for (timestamp, signature, body, why) in [
            (TIMESTAMP, SIGNATURE, "token=xyzz", Unverified::Signature),
            ("1531420619", SIGNATURE, BODY, Unverified::Signature),
            (TIMESTAMP, upper.as_str(), BODY, Unverified::Headers),
            (TIMESTAMP, v1.as_str(), BODY, Unverified::Headers),
            (TIMESTAMP, short, BODY, Unverified::Headers),
            (TIMESTAMP, "", BODY, Unverified::Headers),
            ("", SIGNATURE, BODY, Unverified::Headers),
            ("+1531420618", SIGNATURE, BODY, Unverified::Headers),
            (" 1531420618", SIGNATURE, BODY, Unverified::Headers),
            ("99999999999999999999", SIGNATURE, BODY, Unverified::Headers),
        ] {
            let verified = secrets(&[SECRET]).verify(timestamp, signature, body.as_bytes(), at(0));
            assert_eq!(verified, Err(why), "{timestamp} {signature}");
        }
        let other = secrets(&["another"]).verify(TIMESTAMP, SIGNATURE, BODY.as_bytes(), at(0));
        assert_eq!(other, Err(Unverified::Signature));
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "it says how much was tried")]
    fn a_request_altered_in_any_byte_is_rejected() {
        let secrets = secrets(&[SECRET]);
        let good = |body: &[u8]| secrets.verify(TIMESTAMP, SIGNATURE, body, at(0));
        assert_eq!(good(BODY.as_bytes()), Ok(published()));
        let mut tried = 0;
        for index in 0..BODY.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut body = BODY.as_bytes().to_vec();
                body[index] ^= flip;
                assert_eq!(good(&body), Err(Unverified::Signature), "{index} {flip}");
                tried += 1;
            }
            let mut shorter = BODY.as_bytes().to_vec();
            shorter.remove(index);
            assert_eq!(good(&shorter), Err(Unverified::Signature), "{index}");
            let mut longer = BODY.as_bytes().to_vec();
            longer.insert(index, b'&');
            assert_eq!(good(&longer), Err(Unverified::Signature), "{index}");
            tried += 2;
        }
        let verify = |timestamp: &str, signature: &str| {
            secrets.verify(timestamp, signature, BODY.as_bytes(), at(0))
        };
        for index in 0..SIGNATURE.len() {
            for letter in ('!'..='~').filter(|letter| !SIGNATURE[index..].starts_with(*letter)) {
                let mut signature = SIGNATURE.to_owned();
                signature.replace_range(index..=index, &letter.to_string());
                assert!(verify(TIMESTAMP, &signature).is_err(), "{signature}");
                tried += 1;
            }
        }
        for index in 0..TIMESTAMP.len() {
            for digit in ('0'..='9').filter(|digit| !TIMESTAMP[index..].starts_with(*digit)) {
                let mut timestamp = TIMESTAMP.to_owned();
                timestamp.replace_range(index..=index, &digit.to_string());
                assert!(verify(&timestamp, SIGNATURE).is_err(), "{timestamp}");
                tried += 1;
            }
        }
        println!("{tried} altered requests were not believed");
    }

    #[test]
    fn an_empty_secret_is_no_secret() {
        assert!(SigningSecrets::new(vec![]).is_none());
        assert!(SigningSecrets::new(vec![SECRET.into(), "".into()]).is_none());
    }

    #[test]
    fn secrets_are_not_printed() {
        assert!(!format!("{:?}", secrets(&[SECRET])).contains(SECRET));
    }
}
