//! JSON (RFC 8259).
//!
//! ```text
//! lex.rs      text -> tokens and whole values
//! ```

pub mod lex;
