//! How long anything outside is waited for, how often it is tried, and how fast
//! it is asked: every number of AWS, the table and Slack, with its reason.
//!
//! Knows nothing of what is tried. [`Retry`] says how a policy is followed.

use std::time::Duration;

use crate::backoff::Retry;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

const fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// The AWS SDK's calls, and the lists that are read with many of them.
pub mod aws {
    use super::{Duration, millis, seconds};

    /// The deadlines of one call, and how often the SDK tries it.
    #[derive(Debug, Clone, Copy)]
    pub struct Calls {
        /// TCP and TLS.
        pub connect: Duration,
        /// One try.
        pub attempt: Duration,
        /// All tries and the pauses between them.
        pub operation: Duration,
        /// How many tries there are.
        pub attempts: u32,
    }

    /// The bot has time: AWS throttles for seconds, not for minutes.
    pub const CALLS: Calls = Calls {
        connect: seconds(3),
        attempt: seconds(10),
        operation: seconds(40),
        attempts: 5,
    };

    /// A person waits for `check`, and has to see what fails.
    pub const CHECK_CALLS: Calls = Calls {
        connect: seconds(3),
        attempt: seconds(8),
        operation: seconds(20),
        attempts: 2,
    };

    /// Security Hub allows 10 requests a second and 30 at once, for each
    /// account and Region. A little is left for requests that reach AWS closer
    /// together than they were sent.
    pub const SECURITY_HUB_EVERY: Duration = millis(105);
    /// How many of them may come at once after a rest.
    pub const SECURITY_HUB_BURST: u32 = 25;

    /// A list of 10,000 members, the most that there can be, takes 20 s at that pace.
    pub const MEMBERS_WITHIN: Duration = seconds(300);

    /// 10,000 accounts are 500 pages; each takes about a tenth of a second.
    pub const ACCOUNTS_WITHIN: Duration = seconds(300);

    /// As many pages again, and two for each of up to 2,000 units.
    pub const UNITS_WITHIN: Duration = seconds(480);

    /// One call with its tries: a list of Regions has one page.
    pub const REGIONS_WITHIN: Duration = seconds(45);
}

/// The table.
pub mod table {
    use super::{Duration, Retry, millis, seconds};

    /// A transaction is not seen at once in all of its items: what does not fit
    /// together is read again after this pause.
    pub const TORN_PAUSE: Duration = millis(50);

    /// How often the items of a hub are read until they belong together.
    pub const TORN: Retry = Retry::every(TORN_PAUSE, 4);

    /// How often history that looks damaged is read, before it is called so. That
    /// can be all of it, and damage does not pass.
    pub const DAMAGED: Retry = Retry::every(TORN_PAUSE, 2);

    /// How often a snapshot that was replaced while it was looked for is looked for.
    pub const REPLACED_TRIES: usize = 5;

    /// How often a write of the case book, or of a claim, is tried while other
    /// processes are faster. Two people rarely press at the same moment.
    pub const CASE_TRIES: usize = 8;

    /// DynamoDB leaves keys of a batch out over 16 MB or over the table's
    /// throughput, which comes back within seconds.
    pub const LEFT_OUT: Retry = Retry {
        attempts: 12,
        first: millis(50),
        longest: seconds(2),
    };

    /// A new table is active after some seconds, and its backups a little later.
    pub const READY_WITHIN: Duration = seconds(120);
    /// How often a new table is looked at.
    pub const READY_PAUSE: Duration = seconds(1);
    /// How often its backups are switched on until AWS takes it.
    pub const BACKUPS_PAUSE: Duration = seconds(2);

    /// How often what the embedded store wrote ahead is moved into the main
    /// file. By itself it does so every 4 MB, which can be weeks.
    pub const CHECKPOINT_EVERY: Duration = seconds(30);
    /// How long a backup of the embedded store waits while the bot writes.
    pub const BACKUP_WAITS: Duration = seconds(10);
}

/// Slack's Web API, its channels and Socket Mode.
pub mod slack {
    use super::{Duration, Retry, millis, seconds};

    /// TCP and TLS.
    pub const CONNECT_WITHIN: Duration = seconds(3);

    /// One try of one call. Slack answers within a second or not at all.
    pub const CALL_WITHIN: Duration = seconds(10);

    /// A call that may be made again. A longer wait that Slack asks for is left
    /// to the caller.
    pub const CALLS: Retry = Retry {
        attempts: 4,
        first: seconds(1),
        longest: seconds(30),
    };

    /// No pause that Slack asks for is longer: the next try shows whether it is over.
    pub const LONGEST_PAUSE: Duration = seconds(15 * 60);

    /// How often a message of a digest is tried before the digest is left for
    /// later: with the pauses between them that is an outage of minutes.
    pub const POST_ATTEMPTS: u32 = 6;
    /// The first pause between two tries, and between two searches for a message
    /// whose answer was lost: Slack shows it within a second or two. The longest
    /// is a part of the lease.
    pub const POST_PAUSE: Duration = seconds(2);

    /// From one message to the next: Slack takes about one a second in a channel.
    pub const PACE: Duration = millis(1_100);

    /// Until Slack has said which workspace this is: requests wait for it.
    pub const WORKSPACE: Retry = Retry::endless(seconds(1), seconds(60));

    /// The address of a connection, TCP, TLS and the handshake.
    pub const SOCKET_WITHIN: Duration = seconds(10);
    /// Between two openings of connections: Slack promises one a minute and
    /// bears some more.
    pub const SOCKETS: Retry = Retry::endless(seconds(1), seconds(60));
    /// How long Slack may take to greet.
    pub const GREETING_WITHIN: Duration = seconds(10);
    /// How often a sign of life is asked for. Slack pings about every 30 s, and
    /// answers our pings.
    pub const PING_EVERY: Duration = seconds(15);
    /// After three of them without any message the other end is dead.
    pub const SILENT_FOR: Duration = seconds(45);
    /// A connection that lived for this long was a good one.
    pub const GOOD_AFTER: Duration = seconds(60);
    /// How long a connection is still read once Slack has announced its end.
    pub const FAREWELL_WITHIN: Duration = seconds(60);
    /// After this time without a connection somebody has to know.
    pub const UNHEARD_FOR: Duration = seconds(60);
    /// The longest that one message may take on its way out.
    pub const SEND_WITHIN: Duration = seconds(5);
    /// How long Slack may take to say goodbye too. It does not always.
    pub const CLOSE_WITHIN: Duration = seconds(1);
}

/// The rounds of the service.
pub mod rounds {
    use super::{Duration, Retry, seconds};

    /// A digest that failed. An outage of Slack passes within minutes or hours.
    pub const DIGEST: Retry = Retry::endless(seconds(60), seconds(15 * 60));

    /// After this a poll is late. The digest goes out without it and names the
    /// hub, and so do `/readyz` and the log. The longest list, read twice, takes
    /// 40 s, and three times as long when AWS throttles.
    pub const POLL_WITHIN: Duration = seconds(120);

    /// One search for second copies of messages.
    pub const COPIES_WITHIN: Duration = seconds(120);
}
