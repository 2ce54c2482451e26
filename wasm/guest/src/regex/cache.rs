//! Keeps compiled expressions for the rest of a run.
#![forbid(unsafe_code)]

use super::compiled::{compile, Compiled};
use crate::value::Error;
use std::collections::HashMap;

/// How many compiled expressions a run keeps; a filter that needs more of them empties the cache.
const CACHED: usize = 256;

/// Compiled expressions by pattern and flags, and by whether they are for texts of ASCII.
#[derive(Default)]
pub struct Cache(HashMap<(bool, Box<str>, Box<str>), Compiled, foldhash::fast::FixedState>);

impl Cache {
    /// Take the expression from the cache, or compile it; `ascii` tells whether the text to match is ASCII.
    pub fn get(&mut self, pattern: &str, flags: &str, ascii: bool) -> Result<Compiled, Error> {
        let key = (ascii, pattern.into(), flags.into());
        if let Some(compiled) = self.0.get(&key) {
            return Ok(compiled.clone());
        }
        if self.0.len() == CACHED {
            self.0.clear();
        }
        let compiled = compile(pattern, flags, ascii)?;
        self.0.insert(key, compiled.clone());
        Ok(compiled)
    }
}
