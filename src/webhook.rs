//! A webhook as a channel: each digest and each polling alert is one signed request with JSON to a
//! URL. docs/webhook.md is the contract with receivers.
//!
//! | file | owns |
//! |---|---|
//! | `address.rs` | the URL, which can be a secret |
//! | `request.rs` | the body, the idempotency key and the signature |
//! | `client.rs` | the request over HTTP, and what the answers mean |
//!
//! A webhook can't be searched for a message. So after an unknown outcome, the same request is sent
//! again, with the same idempotency key and body, also by another process. Receivers recognize it.

pub mod address;
pub mod client;
pub mod request;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::domain::alert::{Alert, Comeback};
use crate::domain::digest::Digest;
use crate::domain::emails::EmailView;
use crate::domain::notice::Notice;
use crate::domain::scope::Audience;
use crate::remedies;
use crate::secrets::Secret;
use crate::watch::ports::{Channel, MessageId, MessageLookup, OutboxId, OwnMessage, PostError};
use address::WebhookUrl;
use client::WebhookClient;

/// A URL that gets digests and polling alerts.
pub struct WebhookChannel {
    id: String,
    name: String,
    url: WebhookUrl,
    secret: Secret,
    audience: Audience,
    emails: EmailView,
    client: WebhookClient,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for WebhookChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookChannel({} at {})", self.id, self.url)
    }
}

/// The name and the address of a webhook.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// Identifies it in the table, in metrics and in problems.
    pub id: String,
    /// Its name in the settings, which each request has.
    pub name: String,
    /// The URL.
    pub url: WebhookUrl,
    /// The secret that signs requests.
    pub secret: Secret,
}

impl WebhookChannel {
    /// The channel at this target. `clock` gives the time of signatures, which is real time even if
    /// schedules have another.
    pub fn new(
        target: WebhookTarget,
        audience: Audience,
        emails: EmailView,
        client: WebhookClient,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let WebhookTarget {
            id,
            name,
            url,
            secret,
        } = target;
        Self {
            id,
            name,
            url,
            secret,
            audience,
            emails,
            client,
            clock,
        }
    }
}

#[async_trait]
impl Channel for WebhookChannel {
    fn id(&self) -> &str {
        &self.id
    }

    fn remedy(&self, code: &str) -> &'static str {
        remedies::webhook(code)
    }

    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        vec![request::digest(&self.name, digest, self.emails)]
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        vec![request::notice(&self.name, notice)]
    }

    fn render_alert(&self, alert: &Alert) -> Vec<String> {
        vec![request::alert(&self.name, alert, self.emails)]
    }

    fn render_comeback(&self, comeback: &Comeback) -> Vec<String> {
        vec![request::comeback(&self.name, comeback)]
    }

    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        _: Option<&MessageId>,
    ) -> Result<MessageId, PostError> {
        let key = request::idempotency_key(outbox, index);
        let body = request::body(&key, message).ok_or_else(|| PostError::Refused {
            code: "unreadable_outbox".to_owned(),
        })?;
        let now = self.clock.now();
        let signed = request::Signed::new(&self.secret.now(), now, body);
        self.client.send(&self.url, &key, signed, now).await?;
        Ok(MessageId(key))
    }

    /// A webhook can't be searched. "Not permitted" keeps the outbox, so the same request is sent
    /// again. After "no", the digest would be made again, with another idempotency key.
    async fn find(
        &self,
        _: &OutboxId,
        _: usize,
        _: Option<&MessageId>,
        _: DateTime<Utc>,
    ) -> Result<MessageLookup, PostError> {
        Ok(MessageLookup::NotPermitted)
    }

    async fn own_messages(
        &self,
        _: Option<&MessageId>,
        _: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError> {
        Ok(None)
    }

    /// Does nothing: a receiver keeps what it has taken.
    async fn delete(&self, _: &MessageId) -> Result<(), PostError> {
        Ok(())
    }
}
