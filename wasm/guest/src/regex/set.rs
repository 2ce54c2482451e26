//! Holds sets of characters.
#![forbid(unsafe_code)]

/// The last code point.
const LAST: u32 = 0x10_ffff;

/// A set of characters: a bit for each of ASCII, and the ranges beyond, ascending and apart once it is settled.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Set {
    ascii: u128,
    wide: Vec<(u32, u32)>,
}

impl Set {
    /// A set of ASCII characters, given as bits.
    pub(super) fn of_ascii(ascii: u128) -> Self {
        let wide = Vec::new();
        Self { ascii, wide }
    }

    /// Add a range; [`Self::settle`] must follow the last one.
    pub(super) fn add(&mut self, low: u32, high: u32) {
        let high = high.min(LAST);
        for code in low..=high.min(127) {
            self.ascii |= 1 << code;
        }
        if high > 127 && low <= high {
            self.wide.push((low.max(128), high));
        }
    }

    /// Add all characters of another set; [`Self::settle`] must follow the last one.
    pub(super) fn add_all(&mut self, other: &Self) {
        self.ascii |= other.ascii;
        self.wide.extend_from_slice(&other.wide);
    }

    /// Sort the ranges, and join those that touch.
    pub(super) fn settle(&mut self) {
        if self.wide.len() < 2 {
            return;
        }
        self.wide.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(self.wide.len());
        for &(low, high) in &self.wide {
            match joined.last_mut() {
                Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
                _ => joined.push((low, high)),
            }
        }
        self.wide = joined;
    }

    /// All other characters.
    pub(super) fn negated(&self) -> Self {
        let mut wide = Vec::with_capacity(self.wide.len() + 1);
        let mut next = 128;
        for &(low, high) in &self.wide {
            if next < low {
                wide.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= LAST {
            wide.push((next, LAST));
        }
        let ascii = !self.ascii;
        Self { ascii, wide }
    }

    /// Whether a character is in the set.
    pub(super) fn has(&self, code: u32) -> bool {
        if code < 128 {
            return self.ascii >> code & 1 != 0;
        }
        let place = self.wide.partition_point(|&(_, high)| high < code);
        self.wide.get(place).is_some_and(|&(low, _)| low <= code)
    }

    /// Whether no character of ASCII is in both sets.
    pub(super) fn is_apart_in_ascii(&self, other: &Self) -> bool {
        self.ascii & other.ascii == 0
    }

    /// The ranges beyond ASCII.
    pub(super) fn wide(&self) -> &[(u32, u32)] {
        &self.wide
    }

    /// The letters of ASCII in the set.
    pub(super) fn ascii_letters(&self) -> Vec<u8> {
        let letters = (b'A'..=b'Z').chain(b'a'..=b'z');
        letters
            .filter(|letter| self.ascii >> letter & 1 != 0)
            .collect()
    }

    /// Mark the bytes that a character of the set can begin with.
    pub(super) fn mark_first_bytes(&self, marks: &mut [bool; 256]) {
        for code in 0..128_u32 {
            marks[code as usize] |= self.ascii >> code & 1 != 0;
        }
        for &(low, high) in &self.wide {
            for byte in first_byte(low)..=first_byte(high) {
                marks[usize::from(byte)] = true;
            }
        }
    }
}

/// The byte that a character beyond ASCII begins with in UTF-8.
fn first_byte(code: u32) -> u8 {
    let byte = match code {
        0..=0x7ff => 0xc0 | code >> 6,
        0x800..=0xffff => 0xe0 | code >> 12,
        _ => 0xf0 | code >> 18,
    };
    byte as u8
}
