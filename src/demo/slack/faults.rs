//! The faults that tests can switch on.

use std::time::Duration;

use super::MockSlack;

/// A fault of a Web API method, or of a `response_url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 200, `ok: false`, with this code.
    Refuse(String),
    /// An HTTP status with a body that is no JSON, such as 500.
    Status(u16),
    /// HTTP 429, with `Retry-After` in seconds when given.
    RateLimited(Option<u64>),
    /// Nothing is done, and never an answer.
    Hang,
    /// It is done, but the connection breaks before the answer is whole.
    DoneThenDropped,
    /// It is done, but never an answer.
    DoneThenHang,
    /// The connection breaks, and it is done so much later all the same.
    DoneLater(Duration),
}

#[derive(Debug)]
pub(super) struct Planned {
    pub(super) method: String,
    pub(super) fault: Fault,
    /// `None`: until healed.
    pub(super) times: Option<usize>,
}

impl MockSlack {
    /// The next call of `method` meets this fault. `response_url` is a method too.
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.fail_times(method, fault, 1);
    }

    /// The next `times` calls of `method` meet this fault.
    pub fn fail_times(&self, method: &str, fault: Fault, times: usize) {
        if times > 0 {
            self.plan(method, fault, Some(times));
        }
    }

    /// Every call of `method` meets this fault, until [`heal`](Self::heal).
    pub fn fail_always(&self, method: &str, fault: Fault) {
        self.plan(method, fault, None);
    }

    /// Forgets every planned fault of `method`.
    pub fn heal(&self, method: &str) {
        self.lock()
            .faults
            .retain(|planned| planned.method != method);
    }

    fn plan(&self, method: &str, fault: Fault, times: Option<usize>) {
        let method = method.to_owned();
        self.lock().faults.push(Planned {
            method,
            fault,
            times,
        });
    }

    /// The fault that this call meets; one of a limited number is used up.
    pub(super) fn take_fault(&self, method: &str) -> Option<Fault> {
        let mut state = self.lock();
        let hit = state
            .faults
            .iter()
            .position(|planned| planned.method == method)?;
        let planned = state.faults.get_mut(hit)?;
        let fault = planned.fault.clone();
        if let Some(times) = planned.times.as_mut() {
            *times = times.saturating_sub(1);
            if *times == 0 {
                state.faults.remove(hit);
            }
        }
        Some(fault)
    }
}
