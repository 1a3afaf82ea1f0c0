//! Filters of small logs.
