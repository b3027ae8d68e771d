//! Seventeen hubs in this process on the embedded DynamoDB: the Home tab after a month, and the
//! cost of a day without changes.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use securityhub_members::clock::Clock;
use securityhub_members::demo::slack::limits::{Surface, check_blocks};
use securityhub_members::domain::alert::{Alert, Comeback};
use securityhub_members::domain::digest::Digest;
use securityhub_members::domain::hub::{HubFilter, HubId};
use securityhub_members::domain::member::{Listed, MemberStatus};
use securityhub_members::domain::notice::Notice;
use securityhub_members::domain::scope::Audience;
use securityhub_members::slack::view::home::{self, HomeFilter, HomeTab};
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::ports::{
    Channel, ListError, MemberSource, MessageId, MessageLookup, OutboxId, OwnMessage, PostError,
};
use securityhub_members::watch::{Parts, Watch};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::members;
use crate::table::{Table, Tally};

/// A clock that only moves on request.
#[derive(Clone)]
struct Steps(watch::Sender<DateTime<Utc>>);

impl Steps {
    fn advance(&self, by: TimeDelta) {
        self.0.send_modify(|now| *now += by);
    }
}

#[async_trait]
impl Clock for Steps {
    fn now(&self) -> DateTime<Utc> {
        *self.0.borrow()
    }

    async fn sleep_until(&self, instant: DateTime<Utc>) {
        let mut time = self.0.subscribe();
        time.wait_for(|now| *now >= instant).await.unwrap();
    }
}

/// The lists of all hubs.
#[derive(Default)]
struct Lists(Mutex<HashMap<HubId, Vec<Listed>>>);

impl Lists {
    fn set_status(&self, hub: &HubId, number: usize, status: MemberStatus) {
        let mut lists = self.0.lock().unwrap();
        let list = lists.get_mut(hub).unwrap();
        let number = number % list.len();
        list[number].status = status;
    }
}

#[async_trait]
impl MemberSource for Lists {
    async fn list(&self, hub: &HubId) -> Result<Vec<Listed>, ListError> {
        Ok(self.0.lock().unwrap()[hub].clone())
    }
}

/// A channel that accepts everything.
struct Silent;

#[async_trait]
impl Channel for Silent {
    fn id(&self) -> &str {
        "C0SECURITY"
    }

    fn remedy(&self, _: &str) -> &'static str {
        ""
    }

    fn audience(&self) -> &Audience {
        static EVERYTHING: LazyLock<Audience> =
            LazyLock::new(|| Audience::of_everything(chrono_tz::UTC));
        &EVERYTHING
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        crate::parts::channel().render(digest)
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        crate::parts::channel().render_notice(notice)
    }

    fn render_alert(&self, alert: &Alert) -> Vec<String> {
        crate::parts::channel().render_alert(alert)
    }

    fn render_comeback(&self, comeback: &Comeback) -> Vec<String> {
        crate::parts::channel().render_comeback(comeback)
    }

    async fn post(
        &self,
        _: &OutboxId,
        index: usize,
        _: &str,
        _: Option<&MessageId>,
    ) -> Result<MessageId, PostError> {
        Ok(MessageId(format!("1.{index:06}")))
    }

    async fn find(
        &self,
        _: &OutboxId,
        _: usize,
        _: Option<&MessageId>,
        _: DateTime<Utc>,
    ) -> Result<MessageLookup, PostError> {
        Ok(MessageLookup::No)
    }

    async fn own_messages(
        &self,
        _: Option<&MessageId>,
        _: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError> {
        Ok(Some(Vec::new()))
    }

    async fn delete(&self, _: &MessageId) -> Result<(), PostError> {
        Ok(())
    }
}

/// Hubs with the same number of members each.
struct World {
    clock: Steps,
    lists: Arc<Lists>,
    hubs: Vec<HubId>,
    table: Table,
}

impl World {
    async fn new(hubs: usize, number: usize) -> Self {
        let hubs = members::hubs(hubs);
        let listed = members::listed(number);
        let lists = hubs.iter().map(|hub| (hub.clone(), listed.clone()));
        Self {
            clock: Steps(watch::Sender::new(members::start())),
            lists: Arc::new(Lists(Mutex::new(lists.collect()))),
            table: Table::create().await,
            hubs,
        }
    }

    /// A process with empty caches.
    fn watch(&self, tally: &Tally) -> Arc<Watch> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let store = Arc::new(self.table.store(Arc::clone(&clock), tally));
        let lists = Arc::clone(&self.lists) as Arc<dyn MemberSource>;
        let zone = chrono_tz::UTC;
        Arc::new(Watch::new(Parts::new(
            lists,
            store,
            clock,
            zone,
            self.hubs.clone(),
        )))
    }

    async fn poll(&self, watch: &Arc<Watch>) {
        for (hub, polled) in watch.poller.poll_all().await {
            assert!(polled.is_ok(), "{hub}: {polled:?}");
        }
    }
}

/// A month of history with daily changes in `busy` of the hubs. Then the Home tab, with cold and
/// with warm caches.
pub(crate) async fn home(number: usize, busy: usize) -> Value {
    let world = World::new(members::REGIONS.len(), number).await;
    let writer = world.watch(&Tally::default());
    world.poll(&writer).await;
    for day in 0..30 {
        world.clock.advance(TimeDelta::days(1));
        for hub in world.hubs.iter().take(busy) {
            for member in 0..3 {
                let status = [MemberStatus::Resigned, MemberStatus::Enabled][day % 2].clone();
                world.lists.set_status(hub, member * 7, status);
            }
        }
        world.poll(&writer).await;
    }
    drop(writer);
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    let mut requests = [Value::Null, Value::Null];
    for _ in 0..7 {
        let tally = Tally::default();
        let watch = world.watch(&tally);
        // A client's first call connects, which the service has done long before.
        watch.deliveries.notify(&Silent).await.unwrap();
        tally.take();
        cold.push(open_home(&watch).await);
        requests[0] = tally.take();
        for _ in 0..5 {
            warm.push(open_home(&watch).await);
            requests[1] = tally.take();
        }
    }
    let median = |mut took: Vec<f64>| {
        took.sort_by(f64::total_cmp);
        took[took.len() / 2]
    };
    json!({
        "members": number,
        "hubs": world.hubs.len(),
        "busy_hubs": busy,
        "first_requests": requests[0]["requests"],
        "again_requests": requests[1]["requests"],
        "first_ms": median(cold),
        "again_ms": median(warm),
    })
}

/// Everything except the call to Slack, in milliseconds.
async fn open_home(watch: &Watch) -> f64 {
    let began = Instant::now();
    let overview = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    let voice = Voice::new(Locale::En, chrono_tz::UTC);
    let hubs = watch.hubs.list();
    let shown = HomeTab {
        overview: &overview,
        on_date: None,
        hubs: &hubs,
        chosen: &HomeFilter::default(),
        checking: false,
        remark: None,
        next_digest: None,
        no_news: None,
    };
    let view = home::render(&shown, &voice);
    let view = serde_json::to_value(&view).unwrap();
    let took = began.elapsed().as_secs_f64() * 1e3;
    let blocks = view["blocks"].as_array().unwrap();
    let refused = check_blocks(blocks, Surface::Home, "/blocks").errors;
    assert!(refused.is_empty(), "{refused:?}");
    took
}

/// A day with 96 polls without changes, the check for alerts after each, and one digest.
pub(crate) async fn quiet_day(number: usize) -> Value {
    let world = World::new(members::REGIONS.len(), number).await;
    let tally = Tally::with_units();
    let watch = world.watch(&tally);
    let mut days = Vec::new();
    // The first day creates the history. The second one is typical.
    for _ in 0..2 {
        tally.take();
        for poll in 0..96 {
            world.clock.advance(TimeDelta::minutes(15));
            world.poll(&watch).await;
            watch.deliveries.notify(&Silent).await.unwrap();
            if poll == 40 {
                watch
                    .deliveries
                    .deliver(&Silent, watch.calendar.today())
                    .await
                    .unwrap();
            }
        }
        days.push(tally.take());
    }
    let mut day = days.remove(1);
    day["members"] = number.into();
    day["hubs"] = world.hubs.len().into();
    day
}
