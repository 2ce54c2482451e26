//! Compares values: equality, and jq's order of all values.
#![forbid(unsafe_code)]

use super::{Map, Val};
use core::cmp::Ordering;

impl Val {
    /// The place of the value's type in jq's order: null, false, true, numbers, strings, arrays, objects.
    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(false) => 1,
            Self::Bool(true) => 2,
            Self::Num(_) => 3,
            Self::Str(_) => 4,
            Self::Arr(_) => 5,
            Self::Obj(_) => 6,
        }
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Str(x), Self::Str(y)) => x == y,
            (Self::Num(x), Self::Num(y)) => x == y,
            (Self::Arr(x), Self::Arr(y)) => x == y,
            (Self::Obj(x), Self::Obj(y)) => x == y,
            _ => self.rank() == other.rank(),
        }
    }
}

impl Eq for Val {}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Val {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Num(x), Self::Num(y)) => x.cmp(y),
            (Self::Str(x), Self::Str(y)) => x.cmp(y),
            (Self::Arr(x), Self::Arr(y)) => x.cmp(y),
            (Self::Obj(x), Self::Obj(y)) => {
                let (x, y) = (sorted(x), sorted(y));
                let keys = x
                    .iter()
                    .map(|(key, _)| key)
                    .cmp(y.iter().map(|(key, _)| key));
                keys.then_with(|| {
                    x.iter()
                        .map(|(_, value)| value)
                        .cmp(y.iter().map(|(_, value)| value))
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// List the members of an object in the order of their keys.
pub fn sorted(members: &Map) -> Vec<(&Val, &Val)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    sorted
}
