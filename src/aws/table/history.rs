//! The history of the hubs: heads, dates with their snapshots, and changes.

mod changes;
mod days;
mod heads;
mod import;
mod publish;
mod recent;
mod snapshots;
