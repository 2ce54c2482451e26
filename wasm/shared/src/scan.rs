//! Finds bytes of a few kinds, eight at a time.
//!
//! Strings in JSON are short, so a word of 64 bits finds their end as soon as a vector would, on every
//! runtime. Source of the tests for a byte of a word: "Bit Twiddling Hacks", S. E. Anderson,
//! "Determine if a word has a byte less than n" and "... has a zero byte".
#![forbid(unsafe_code)]

const ONES: u64 = u64::MAX / 0xff;
const HIGH: u64 = ONES * 0x80;

/// Mark each byte that is below `limit` (128 at most) by its high bit. After the first one, bytes may be marked
/// wrongly.
#[inline]
const fn below(word: u64, limit: u64) -> u64 {
    word.wrapping_sub(ONES * limit) & !word & HIGH
}

/// Mark each byte that is `byte`, with the same reservation.
#[inline]
const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * byte as u64), 1)
}

/// Count the bytes before the first that a JSON string cannot hold as it is (a quote, a backslash or a byte below
/// a space), and say whether all of them are ASCII.
#[inline]
pub fn plain(bytes: &[u8]) -> (usize, bool) {
    let (words, rest) = bytes.as_chunks();
    let mut seen = 0;
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let marks = below(word, 0x20) | equal(word, b'"') | equal(word, b'\\');
        if marks != 0 {
            // The bits of the special byte below its mark are included; none of them is a high bit.
            let passed = word & (marks & marks.wrapping_neg()).wrapping_sub(1);
            let length = index * 8 + marks.trailing_zeros() as usize / 8;
            return (length, (seen | passed) & HIGH == 0);
        }
        seen |= word;
    }
    let special = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    let length = rest.iter().position(special).unwrap_or(rest.len());
    let ascii = seen & HIGH == 0 && rest[..length].is_ascii();
    (bytes.len() - rest.len() + length, ascii)
}

/// Count the bytes before the first that JSON text cannot hold as it is (those of [`plain`], and 0x7f, which jq
/// escapes) or that is not ASCII.
#[inline]
pub fn printable(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = equal(word, b'"') | equal(word, b'\\');
        let marks = below(word, 0x20) | quotes | equal(word, 0x7f) | word & HIGH;
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| !matches!(byte, b' '..0x7f) || matches!(byte, b'"' | b'\\');
    let length = rest.iter().position(special).unwrap_or(rest.len());
    bytes.len() - rest.len() + length
}

/// Count the decimal digits at the start, and return the number that they write, modulo 2^64.
#[inline]
pub fn digits(bytes: &[u8]) -> (usize, u64) {
    let mut number: u64 = 0;
    for (length, byte) in bytes.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (length, number);
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    (bytes.len(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_bytewise(bytes: &[u8]) -> (usize, bool) {
        let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
        let length = bytes.iter().position(special).unwrap_or(bytes.len());
        (length, bytes[..length].is_ascii())
    }

    fn printable_bytewise(bytes: &[u8]) -> usize {
        let special = |byte: &u8| !(0x20..0x7f).contains(byte) || *byte == b'"' || *byte == b'\\';
        bytes.iter().position(special).unwrap_or(bytes.len())
    }

    #[test]
    fn every_byte_at_every_place_is_judged_as_alone() {
        for length in 0..20 {
            for place in 0..length {
                for byte in 0..=255 {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    assert_eq!(plain(&bytes), plain_bytewise(&bytes), "{bytes:?}");
                    assert_eq!(printable(&bytes), printable_bytewise(&bytes), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn any_two_bytes_in_a_word_are_judged_as_alone() {
        for first in 0..=255 {
            for second in 0..=255 {
                for bytes in [
                    [b'a', first, second, b'b', b'c', b'd', b'e', b'f'],
                    [first, b'b', b'c', b'd', b'e', b'f', b'g', second],
                ] {
                    assert_eq!(plain(&bytes), plain_bytewise(&bytes), "{bytes:?}");
                    assert_eq!(printable(&bytes), printable_bytewise(&bytes), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn digits_end_where_something_else_begins() {
        assert_eq!(digits(b""), (0, 0));
        assert_eq!(digits(b"x1"), (0, 0));
        assert_eq!(digits(b"/1"), (0, 0));
        assert_eq!(digits(b"12:3"), (2, 12));
        assert_eq!(digits(b"007"), (3, 7));
        let longest = u64::MAX.to_string();
        assert_eq!(digits(longest.as_bytes()), (20, u64::MAX));
    }
}
