//! The words everything else is said in: types, values, time, roles, raw rows. No I/O, no threads.

pub mod calendar;
pub mod decision;
pub mod hash;
pub mod json_text;
pub mod kind;
pub mod lexical;
pub mod number;
pub mod ocel;
pub mod readings;
pub mod recent;
pub mod references;
pub mod role_names;
pub mod roles;
pub mod shape;
pub mod short;
pub mod table;
pub mod time;
pub mod time_format;
pub mod time_layout;
pub mod time_names;
pub mod time_reader;
pub mod value;
pub mod warning;
pub mod zone;
pub mod zone_names;
