//! The settings as `check` finds them. It checks what doesn't need the invalid ones.

use securityhub_members::settings::{Config, InvalidSettings};

/// The valid settings, and the invalid ones.
#[derive(Clone, Copy)]
pub(super) struct Examined<'a> {
    pub(super) config: &'a Config,
    pub(super) invalid: Option<&'a InvalidSettings>,
}

impl Examined<'_> {
    /// The first invalid one of these settings.
    pub(super) fn first_invalid<'n>(&self, settings: &[&'n str]) -> Option<&'n str> {
        let invalid = self.invalid?;
        settings.iter().copied().find(|name| invalid.names(name))
    }
}
