//! Checks the connection to a webhook. The receiver can't be asked anything without a message.

use super::Finding;
use crate::remedies;
use crate::webhook::address::WebhookUrl;

/// Reports whether the host of a webhook takes connections. Its secret was read with the settings.
pub fn webhook(id: &str, url: &WebhookUrl, reached: &Result<(), String>) -> Finding {
    match reached {
        Ok(()) => {
            let detail =
                format!("{url} takes connections, and the secret is readable; sent nothing");
            Finding::well(id, detail)
        }
        Err(problem) => {
            Finding::wrong(id, problem.clone(), remedies::unreachable(&url.to_string()))
        }
    }
}
