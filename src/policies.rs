//! Timeouts, retries and rates of calls, deliveries and answers: every number with its reason.
//! The limits of the endpoint, the log and watched files are in their own files.
//!
//! It doesn't know the operations. [`Retry`] implements the policies.

use std::time::Duration;

use chrono::TimeDelta;

use crate::backoff::Retry;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

const fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// Calls of the AWS SDK, and lists that take many calls.
pub mod aws {
    use super::{Duration, millis, seconds};

    /// The deadlines and attempts of one call.
    #[derive(Debug, Clone, Copy)]
    pub struct Calls {
        /// TCP and TLS.
        pub connect: Duration,
        /// One attempt.
        pub attempt: Duration,
        /// All attempts and the pauses between them.
        pub operation: Duration,
        /// The number of attempts.
        pub attempts: u32,
    }

    /// Background work can wait: AWS throttles for seconds, not minutes.
    pub const CALLS: Calls = Calls {
        connect: seconds(3),
        attempt: seconds(10),
        operation: seconds(40),
        attempts: 5,
    };

    /// A person waits for `check` and needs to see failures.
    pub const CHECK_CALLS: Calls = Calls {
        connect: seconds(3),
        attempt: seconds(8),
        operation: seconds(20),
        attempts: 2,
    };

    /// AWS allows 10 requests a second with a burst of 30 for each account and Region. The margin
    /// is for requests that reach AWS closer together than they were sent.
    pub const SECURITY_HUB_EVERY: Duration = millis(105);
    /// The burst after a pause.
    pub const SECURITY_HUB_BURST: u32 = 25;

    /// At that rate, the longest possible list, 10,000 members, takes 20 s.
    pub const MEMBERS_WITHIN: Duration = seconds(300);

    /// 10,000 accounts are 500 pages of about 0.1 s.
    pub const ACCOUNTS_WITHIN: Duration = seconds(300);

    /// The same number of pages, and two for each of up to 2,000 OUs.
    pub const UNITS_WITHIN: Duration = seconds(480);

    /// One call with its retries: the list of Regions has one page.
    pub const REGIONS_WITHIN: Duration = seconds(45);
}

/// The table.
pub mod table {
    use super::{Duration, Retry, millis, seconds};

    /// A transaction can become visible item by item. Inconsistent items are read again after
    /// this pause.
    pub const TORN_PAUSE: Duration = millis(50);

    /// Reads the items of a hub again until they are consistent.
    pub const TORN: Retry = Retry::every(TORN_PAUSE, 4);

    /// Reads apparently damaged history again before it counts as damaged. Few times, because a
    /// read can cover all of the history, and real damage doesn't go away.
    pub const DAMAGED: Retry = Retry::every(TORN_PAUSE, 2);

    /// The number of looks for a snapshot that is being replaced.
    pub const REPLACED_TRIES: usize = 5;

    /// The attempts to write the case book or a claim while other processes win. Two people
    /// rarely act at the same moment.
    pub const CASE_TRIES: usize = 8;

    /// DynamoDB leaves out keys of a batch above 16 MB or above the table's throughput, which
    /// recovers within seconds.
    pub const LEFT_OUT: Retry = Retry {
        attempts: 12,
        first: millis(50),
        longest: seconds(2),
    };

    /// A new table becomes active after some seconds, and its backups a little later.
    pub const READY_WITHIN: Duration = seconds(120);
    /// The interval between looks at a new table.
    pub const READY_PAUSE: Duration = seconds(1);
    /// The interval between attempts to enable its backups.
    pub const BACKUPS_PAUSE: Duration = seconds(2);

    /// The interval between checkpoints of the embedded store's write-ahead log. By default,
    /// SQLite does one every 4 MB, which can take weeks.
    pub const CHECKPOINT_EVERY: Duration = seconds(30);
    /// A backup of the embedded store waits this long while the bot writes.
    pub const BACKUP_WAITS: Duration = seconds(10);
}

/// Slack's Web API, its channels and Socket Mode.
pub mod slack {
    use super::{Duration, Retry, millis, seconds};

    /// TCP and TLS.
    pub const CONNECT_WITHIN: Duration = seconds(3);

    /// A tunnel through a proxy, which looks Slack up and connects to it. It is shorter than a
    /// call, so that a call that hangs in the proxy counts as not sent.
    pub const TUNNEL_WITHIN: Duration = seconds(6);

    /// One attempt of one call. Slack answers within a second or not at all.
    pub const CALL_WITHIN: Duration = seconds(10);

    /// For idempotent calls. The caller handles longer pauses that Slack asks for.
    pub const CALLS: Retry = Retry {
        attempts: 4,
        first: seconds(1),
        longest: seconds(30),
    };

    /// The longest pause that is accepted from Slack. The next attempt shows whether the limit
    /// has passed.
    pub const LONGEST_PAUSE: Duration = seconds(15 * 60);

    /// Between two messages: Slack allows about one a second in a channel.
    pub const PACE: Duration = millis(1_100);

    /// Until Slack has confirmed the workspace, for which requests wait.
    pub const WORKSPACE: Retry = Retry::endless(seconds(1), seconds(60));

    /// Getting a connection's URL, TCP, TLS and the handshake.
    pub const SOCKET_WITHIN: Duration = seconds(10);
    /// Between two attempts to connect: Slack documents one a minute and tolerates some more.
    pub const SOCKETS: Retry = Retry::endless(seconds(1), seconds(60));
    /// The timeout for Slack's `hello`.
    pub const GREETING_WITHIN: Duration = seconds(10);
    /// The interval between pings. Slack answers them, and sends its own about every 30 s.
    pub const PING_EVERY: Duration = seconds(15);
    /// Three pings without any message mean that the connection is dead.
    pub const SILENT_FOR: Duration = seconds(45);
    /// A connection that lasted this long resets the pauses.
    pub const GOOD_AFTER: Duration = seconds(60);
    /// A connection is read this long after Slack announced its end.
    pub const FAREWELL_WITHIN: Duration = seconds(60);
    /// An outage of this length becomes an open problem.
    pub const UNHEARD_FOR: Duration = seconds(60);
    /// The timeout for sending one message.
    pub const SEND_WITHIN: Duration = seconds(5);
    /// The timeout for Slack's close frame, which does not always come.
    pub const CLOSE_WITHIN: Duration = seconds(1);
}

/// Channels that are webhooks.
pub mod webhook {
    use super::{Duration, seconds};

    /// One attempt: connection, request and status. With the time in which a delivery is confirmed,
    /// it is shorter than the lease.
    pub const CALL_WITHIN: Duration = seconds(15);
    /// Reading the rest of an answer, which has no meaning. It only keeps the receiver from an
    /// error of its own.
    pub const REST_WITHIN: Duration = seconds(2);
    /// The longest pause that is accepted from a receiver.
    pub const LONGEST_PAUSE: Duration = seconds(15 * 60);
}

/// The loops of the service.
pub mod rounds {
    use super::{Duration, Retry, TimeDelta, seconds};

    /// Retries of a failed digest. Outages of Slack last minutes or hours.
    pub const DIGEST: Retry = Retry::endless(seconds(60), seconds(15 * 60));

    /// After this time a poll is late. The digest is sent without it and names the hub, as do
    /// `/readyz` and the log. Reading the longest list twice takes 40 s, and three times as long
    /// if AWS throttles.
    pub const POLL_WITHIN: Duration = seconds(120);

    /// Slack's answer with the address of a message. A digest doesn't wait longer for a link.
    pub const LINK_WITHIN: Duration = seconds(5);

    /// One search for duplicate messages.
    pub const COPIES_WITHIN: Duration = seconds(120);

    /// The interval between listings. Enabling a Region takes minutes to hours.
    pub const REGIONS_EVERY: TimeDelta = TimeDelta::hours(1);

    /// The interval between complete audits.
    pub const AUDIT_EVERY: TimeDelta = TimeDelta::hours(24);

    /// The attempts of a poll that loses the race to publish.
    pub const RACES: usize = 5;

    /// The limit for readings of a list until one has all accounts of the reading before.
    pub const READINGS: usize = 5;

    /// The store's answer to a health check, before the load balancer gives up.
    pub const HEALTH_WITHIN: Duration = seconds(3);
}

/// The delivery of messages to a channel of any kind.
pub mod delivery {
    use super::{Duration, seconds};

    /// A replica that is silent for this long has its delivery finished by another one. A delivery
    /// writes to its ledger more often than that.
    pub const LEASE: Duration = seconds(60);
    /// Slack may still post a message this long after its response was lost.
    pub const TAKEN_WITHIN: Duration = seconds(60);

    /// The number of times that a process checks another one's delivery within a lease.
    pub const LOOKS: u32 = 6;

    /// The number of attempts to confirm in time.
    pub const CONFIRMATIONS: u32 = 3;

    /// A single write can take this long, even if the lease is shorter.
    pub const SLOW_WRITE: Duration = seconds(1);

    /// The attempts after lost writes to the ledgers.
    pub const LEDGER_TRIES: usize = 10;

    /// The attempts for a message of a digest before the digest is postponed. With the pauses,
    /// they cover an outage of minutes.
    pub const POST_ATTEMPTS: u32 = 6;
    /// The first pause between two attempts, and between two searches for a message after an
    /// unknown outcome: Slack shows messages within a second or two. The longest pause is a
    /// fraction of the lease.
    pub const POST_PAUSE: Duration = seconds(2);
}

/// Answers to people, and what they wait for.
pub mod answers {
    use super::{Duration, millis, seconds};

    /// The deadline of a check: reading the longest list twice. Slack accepts answers for half an
    /// hour.
    pub const CHECK_WITHIN: Duration = seconds(600);

    /// The deadline for reading stored data. Together with the check, it is half of the time in
    /// which Slack accepts an answer.
    pub const READ_WITHIN: Duration = seconds(300);

    /// If the check ends within this time, only its result is sent.
    pub const SOON: Duration = millis(1_500);

    /// The deadline of a job. Slack takes answers for half an hour.
    pub const JOB_WITHIN: Duration = seconds(25 * 60);

    /// Slack gets this long to show the acknowledgement of a form. One that is shown later would
    /// replace the result.
    pub const ACKNOWLEDGED_WITHIN: Duration = millis(500);
}

/// The names of accounts, from the organization, the table and the file.
pub mod organization {
    use super::{Duration, TimeDelta, millis, seconds};

    /// The age at which the organization is read again.
    pub const FRESH: TimeDelta = TimeDelta::hours(24);

    /// The age at which messages mention it: one refresh has failed.
    pub const STALE: TimeDelta = TimeDelta::hours(48);

    /// The pause after a failed refresh. If the permission is missing and the setting doesn't
    /// require the organization, the next attempt is a day later, because each one is an event in
    /// CloudTrail.
    pub const AGAIN: TimeDelta = TimeDelta::hours(1);

    /// The pause at a start, because other replicas may start at the same time.
    pub const AT_START: TimeDelta = TimeDelta::minutes(1);

    /// Data from the table is cached this long.
    pub const LOOK_EVERY: TimeDelta = TimeDelta::minutes(1);

    /// Answers wait this long for newer data. Table and file usually take milliseconds; otherwise
    /// answers use cached data.
    pub const PATIENCE: Duration = millis(500);

    /// The deadline of a lookup, which is shorter than the cache time.
    pub const LOOK_WITHIN: Duration = seconds(50);
}
