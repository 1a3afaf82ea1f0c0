//! Samples of small logs.
