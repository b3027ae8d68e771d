//! The embedded DynamoDB, with counted requests and capacity units.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use chrono::Days;
use securityhub_members::aws::embedded::Engine;
use securityhub_members::aws::table::{DynamoDb, schema};
use securityhub_members::clock::Clock;
use serde_json::{Value, json};

const TABLE: &str = "members";

/// One table, and clients of it.
pub(crate) struct Table {
    engine: Engine,
}

impl Table {
    pub(crate) async fn create() -> Self {
        let engine = Engine::in_memory().await.unwrap();
        let table = Self { engine };
        let client = table.client(Builder::new().build_http());
        schema::create(&client, TABLE).await.unwrap();
        table
    }

    fn client(&self, http: SharedHttpClient) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "bench"))
            .retry_config(RetryConfig::disabled())
            .http_client(http)
            .endpoint_url(self.engine.url());
        Client::from_conf(config.build())
    }

    /// A store with counted requests.
    pub(crate) fn store(&self, clock: Arc<dyn Clock>, tally: &Tally) -> DynamoDb {
        let http = SharedHttpClient::new(Tallied {
            client: Builder::new().build_http(),
            tally: tally.clone(),
        });
        DynamoDb::new(self.client(http), TABLE.to_owned(), Days::new(400), clock)
    }
}

/// Requests by operation, with DynamoDB's capacity units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    counts: Arc<Mutex<BTreeMap<String, Count>>>,
    /// Whether to request capacity units, which takes additional time.
    weighs: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    requests: u64,
    units: f64,
}

impl Tally {
    pub(crate) fn with_units() -> Self {
        Self {
            weighs: true,
            ..Self::default()
        }
    }

    /// The counts since the last call.
    pub(crate) fn take(&self) -> Value {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap());
        let sum = |writes: bool| -> f64 {
            let counts = counts.iter();
            let wanted = counts.filter(|(operation, _)| is_write(operation) == writes);
            wanted.map(|(_, count)| count.units).sum()
        };
        json!({
            "requests": counts.values().map(|count| count.requests).sum::<u64>(),
            "read_units": sum(false),
            "write_units": sum(true),
            "by_operation": counts
                .iter()
                .map(|(operation, count)| {
                    let count = json!({ "requests": count.requests, "units": count.units });
                    (operation.clone(), count)
                })
                .collect::<serde_json::Map<_, _>>(),
        })
    }

    fn note(&self, operation: String, units: f64) {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(operation).or_default();
        count.requests += 1;
        count.units += units;
    }
}

fn is_write(operation: &str) -> bool {
    !matches!(operation, "GetItem" | "BatchGetItem" | "Query")
}

#[derive(Debug)]
struct Tallied {
    client: SharedHttpClient,
    tally: Tally,
}

impl HttpClient for Tallied {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            connector: self.client.http_connector(settings, components),
            tally: self.tally.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    tally: Tally,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        if self.tally.weighs {
            ask_for_units(&mut request);
        }
        let (connector, tally) = (self.connector.clone(), self.tally.clone());
        HttpConnectorFuture::new(async move {
            let mut answer = connector.call(request).await?;
            let units = if tally.weighs {
                units(&mut answer).await?
            } else {
                0.0
            };
            tally.note(operation, units);
            Ok(answer)
        })
    }
}

/// This invalidates the signature, which the engine doesn't check.
fn ask_for_units(request: &mut HttpRequest) {
    let body = request.body().bytes().unwrap();
    let mut body: Value = serde_json::from_slice(body).unwrap();
    body["ReturnConsumedCapacity"] = "TOTAL".into();
    let body = body.to_string();
    let length = body.len().to_string();
    request.headers_mut().insert("content-length", length);
    *request.body_mut() = SdkBody::from(body);
}

async fn units(answer: &mut HttpResponse) -> Result<f64, ConnectorError> {
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let bytes = ByteStream::new(body).collect().await;
    let bytes = bytes
        .map_err(|error| ConnectorError::io(error.into()))?
        .into_bytes();
    let json: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    *answer.body_mut() = SdkBody::from(bytes);
    Ok(match &json["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().filter_map(of_table).sum(),
        table => of_table(table).unwrap_or_default(),
    })
}

fn of_table(table: &Value) -> Option<f64> {
    table["CapacityUnits"].as_f64()
}
