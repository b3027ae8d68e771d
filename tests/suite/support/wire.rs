//! Between the SDK and DynamoDB: a fuse that stops a process at one chosen
//! request, and errors of DynamoDB's that an engine on one machine never has.
//! What the SDK does about a failed request, it does here too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use aws_smithy_types::body::SdkBody;

use super::crash::{Fault, Fuse};

/// An HTTP client of a process with this fuse.
pub(crate) fn fused(fuse: &Fuse) -> SharedHttpClient {
    SharedHttpClient::new(Client {
        client: Builder::new().build_http(),
        fuse: fuse.clone(),
        refusal: Refusal::default(),
    })
}

/// An HTTP client whose requests meet this refusal.
pub(crate) fn refusing(refusal: &Refusal) -> SharedHttpClient {
    SharedHttpClient::new(Client {
        client: Builder::new().build_http(),
        fuse: Fuse::default(),
        refusal: refusal.clone(),
    })
}

/// The next requests of one operation get an error of DynamoDB's, and are not done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    operation: &'static str,
    status: u16,
    body: String,
    times: Arc<AtomicUsize>,
}

impl Refusal {
    /// The next `times` requests of `operation` are refused with this code.
    pub(crate) fn new(operation: &'static str, code: &str, times: usize) -> Self {
        let body = serde_json::json!({
            "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
            "Message": "the test says so",
            "CancellationReasons": [{ "Code": "TransactionConflict" }],
        });
        Self {
            operation,
            status: if code == "InternalServerError" {
                500
            } else {
                400
            },
            body: body.to_string(),
            times: Arc::new(AtomicUsize::new(times)),
        }
    }

    /// How many requests are still to be refused.
    pub(crate) fn left(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }

    fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let target = request.headers().get("x-amz-target")?;
        let (_, operation) = target.split_once('.')?;
        if operation != self.operation {
            return None;
        }
        let left = |left: usize| left.checked_sub(1);
        self.times
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left)
            .ok()?;
        let status = self.status.try_into().unwrap();
        let mut answer = HttpResponse::new(status, SdkBody::from(self.body.clone()));
        let headers = answer.headers_mut();
        headers.insert("content-type", "application/x-amz-json-1.0");
        Some(answer)
    }
}

#[derive(Debug)]
struct Client {
    client: SharedHttpClient,
    fuse: Fuse,
    refusal: Refusal,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            connector: self.client.http_connector(settings, components),
            fuse: self.fuse.clone(),
            refusal: self.refusal.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    fuse: Fuse,
    refusal: Refusal,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(answer) = self.refusal.answer(&request) {
            return HttpConnectorFuture::ready(Ok(answer));
        }
        let (connector, fuse) = (self.connector.clone(), self.fuse.clone());
        let error = |_: Fault| ConnectorError::io("the test says so".into());
        HttpConnectorFuture::new(async move {
            fuse.step(error, true, async { connector.call(request).await })
                .await
        })
    }
}
