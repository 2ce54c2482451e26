//! Finds what lies between UTC and a time zone, in a table that the host made of its own time zones.
#![forbid(unsafe_code)]

use super::nested::number;

/// The transitions of a time zone.
pub struct Zone {
    /// Twelve bytes each: the second since 1970-01-01 in UTC from which on an offset in seconds holds, and the offset.
    table: &'static [u8],
}

impl Zone {
    /// Take a table, in the order of the seconds.
    pub fn read(table: &'static [u8]) -> Self {
        Self {
            table: &table[..table.len() / 12 * 12],
        }
    }

    fn entry(&self, at: usize) -> (i64, i64) {
        let bytes = &self.table[12 * at..12 * at + 12];
        let from = bytes[..8].try_into().map_or(0, i64::from_le_bytes);
        (from, i64::from(number(&bytes[8..]) as i32))
    }

    /// Find the seconds that are added to UTC at a second; those before the first transition are its own.
    pub fn offset(&self, second: i64) -> i64 {
        let (mut low, mut high) = (0, self.table.len() / 12);
        if high == 0 {
            return 0;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.entry(middle).0 <= second {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.entry(low).1
    }
}
