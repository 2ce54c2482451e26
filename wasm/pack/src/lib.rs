//! Turns a compiled guest into the module that is shipped.
//!
//! Three steps, each in a module of its own: a [`snapshot`] of the memory that the guest's `init`
//! leaves, the [`meter`] that counts and bounds the work, and the [`validate`] step that asserts on
//! the final bytes that nothing runs without being counted.

pub mod body;
pub mod costs;
pub mod meter;
pub mod module;
pub mod patterns;
pub mod regions;
pub mod report;
pub mod snapshot;
pub mod state;
pub mod validate;

/// What went wrong, for the person who runs the build.
pub type Error = Box<dyn std::error::Error>;
/// The result of a step.
pub type Result<T> = std::result::Result<T, Error>;
