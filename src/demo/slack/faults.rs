//! Faults that tests can inject.

use std::time::Duration;

use super::MockSlack;

/// A fault of a Web API method, or of a `response_url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 200, `ok: false`, with this code.
    Refuse(String),
    /// This HTTP status, such as 500, with a body that is not JSON.
    Status(u16),
    /// HTTP 429, with `Retry-After` in seconds if given.
    RateLimited(Option<u64>),
    /// The call has no effect and gets no response.
    Hang,
    /// The call takes effect, but the connection breaks during the response.
    DoneThenDropped,
    /// The call takes effect, but gets no response.
    DoneThenHang,
    /// The connection breaks without a response. The call takes effect this much later.
    DoneLater(Duration),
}

#[derive(Debug)]
pub(super) struct Planned {
    pub(super) method: String,
    pub(super) fault: Fault,
    /// `None`: until cleared.
    pub(super) times: Option<usize>,
}

impl MockSlack {
    /// The next call of `method` gets this fault. `response_url` counts as a method.
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.fail_times(method, fault, 1);
    }

    /// The next `times` calls of `method` get this fault.
    pub fn fail_times(&self, method: &str, fault: Fault, times: usize) {
        if times > 0 {
            self.plan(method, fault, Some(times));
        }
    }

    /// Every call of `method` gets this fault, until [`heal`](Self::heal).
    pub fn fail_always(&self, method: &str, fault: Fault) {
        self.plan(method, fault, None);
    }

    /// Clears all faults of `method`.
    pub fn heal(&self, method: &str) {
        self.lock()
            .faults
            .retain(|planned| planned.method != method);
    }

    /// Rejects messages with blocks of this type, as a workspace to which Slack hasn't introduced
    /// them yet.
    pub fn reject_blocks(&self, kind: &str) {
        let mut state = self.lock();
        state.workspace.rejected_blocks.insert(kind.to_owned());
    }

    fn plan(&self, method: &str, fault: Fault, times: Option<usize>) {
        let method = method.to_owned();
        self.lock().faults.push(Planned {
            method,
            fault,
            times,
        });
    }

    /// The fault for this call. Counts down faults with a limited number.
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
