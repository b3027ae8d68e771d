//! Between the SDK and DynamoDB: faults at a chosen request, and errors that a local engine never
//! returns. The SDK handles failed requests as usual.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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

/// An HTTP client with this fuse.
pub(crate) fn fused(fuse: &Fuse) -> SharedHttpClient {
    client(fuse.clone(), Refusal::default(), Tally::default())
}

/// An HTTP client whose requests get these errors.
pub(crate) fn refusing(refusal: &Refusal) -> SharedHttpClient {
    client(Fuse::default(), refusal.clone(), Tally::default())
}

/// An HTTP client with counted requests.
pub(crate) fn tallied(tally: &Tally) -> SharedHttpClient {
    client(Fuse::default(), Refusal::default(), tally.clone())
}

fn client(fuse: Fuse, refusal: Refusal, tally: Tally) -> SharedHttpClient {
    SharedHttpClient::new(Client {
        client: Builder::new().build_http(),
        fuse,
        refusal,
        tally,
    })
}

/// The requested operations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<Vec<String>>>);

impl Tally {
    /// The operations since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn note(&self, request: &HttpRequest) {
        let operation = operation(request).unwrap_or("?").to_owned();
        self.0.lock().unwrap().push(operation);
    }
}

/// The operation of a request.
fn operation(request: &HttpRequest) -> Option<&str> {
    let (_, operation) = request.headers().get("x-amz-target")?.split_once('.')?;
    Some(operation)
}

/// The next requests of one operation get an error or a foreign response, and have no effect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    operation: &'static str,
    status: u16,
    content_type: &'static str,
    /// `None`: a batch with all keys unprocessed.
    body: Option<String>,
    times: Arc<AtomicUsize>,
}

impl Refusal {
    /// The next `times` requests of `operation` get this error code.
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
            content_type: AMZ_JSON,
            body: Some(body.to_string()),
            times: Arc::new(AtomicUsize::new(times)),
        }
    }

    /// The next `times` requests of `operation` get this response.
    pub(crate) fn answered(operation: &'static str, answer: Foreign, times: usize) -> Self {
        Self {
            operation,
            status: answer.status,
            content_type: answer.content_type,
            body: Some(answer.body.to_owned()),
            times: Arc::new(AtomicUsize::new(times)),
        }
    }

    /// The next `times` batches return only unprocessed keys, as DynamoDB does above a table's
    /// throughput.
    pub(crate) fn leaving_out_all(times: usize) -> Self {
        Self {
            operation: "BatchGetItem",
            status: 200,
            content_type: AMZ_JSON,
            body: None,
            times: Arc::new(AtomicUsize::new(times)),
        }
    }

    /// The number of remaining errors.
    pub(crate) fn left(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }

    fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        if operation(request)? != self.operation {
            return None;
        }
        let left = |left: usize| left.checked_sub(1);
        self.times
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left)
            .ok()?;
        let status = self.status.try_into().unwrap();
        let mut answer = HttpResponse::new(status, SdkBody::from(self.answer_body(request)));
        let headers = answer.headers_mut();
        headers.insert("content-type", self.content_type);
        Some(answer)
    }
}

impl Refusal {
    fn answer_body(&self, request: &HttpRequest) -> String {
        if let Some(body) = &self.body {
            return body.clone();
        }
        let asked = request.body().bytes().unwrap();
        let asked: serde_json::Value = serde_json::from_slice(asked).unwrap();
        let left = serde_json::json!({
            "Responses": {},
            "UnprocessedKeys": asked["RequestItems"],
        });
        left.to_string()
    }
}

/// DynamoDB's content type.
const AMZ_JSON: &str = "application/x-amz-json-1.0";

/// A response that is not DynamoDB's, or that belongs to another operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign {
    status: u16,
    content_type: &'static str,
    body: &'static str,
}

impl Foreign {
    /// Responses of gateways and proxies.
    pub(crate) const ALL: [Self; 9] = [
        Self::of(200, "text/html", "<html></html>"),
        Self::of(200, "text/plain", ""),
        Self::of(204, "", ""),
        Self::of(200, "application/json", "{}"),
        Self::of(
            200,
            "application/json",
            r#"{"message":"Internal Server Error"}"#,
        ),
        Self::of(200, AMZ_JSON, ""),
        Self::of(200, AMZ_JSON, "null"),
        Self::of(200, AMZ_JSON, r#"{"message":"Internal Server Error"}"#),
        Self::of(
            200,
            AMZ_JSON,
            r#"{"Regions":[],"Items":null,"Responses":null}"#,
        ),
    ];

    const fn of(status: u16, content_type: &'static str, body: &'static str) -> Self {
        Self {
            status,
            content_type,
            body,
        }
    }
}

#[derive(Debug)]
struct Client {
    client: SharedHttpClient,
    fuse: Fuse,
    refusal: Refusal,
    tally: Tally,
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
            tally: self.tally.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    fuse: Fuse,
    refusal: Refusal,
    tally: Tally,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.tally.note(&request);
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
