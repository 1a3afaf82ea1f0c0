//! Which tables a run writes, and which columns and types they have: planned from samples, revised once all
//! values were seen.

mod at_odds;
pub mod bundle;
pub mod doubts;
pub mod nearly_typed;
pub mod table;
mod table_roles;
pub mod table_steps;
pub mod type_advice;
pub mod unread_times;
