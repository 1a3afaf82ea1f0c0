//! XES, IEEE 1849: the schema's rules, for those who want a log to keep them.

pub mod strict;
