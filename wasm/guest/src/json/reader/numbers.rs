//! Reads the numbers of JSON texts.
#![forbid(unsafe_code)]

use super::{Read, Reader};
use crate::json::{numeral, scan};
use crate::value::{Num, Val};

impl Reader {
    pub(super) fn number(&mut self) -> Read<Val> {
        self.spelled(
            |small| Val::Num(Num::Int(small)),
            |digits| {
                let text = core::str::from_utf8(digits).expect("digits are ASCII");
                Val::Num(Num::written(text))
            },
            |odd| odd,
        )
    }

    /// Check how a number is written, go to its end, and make something of it: of the value of a whole number of few
    /// digits, of the text of another number of JSON, or of a number that only jq's library reads.
    #[inline(always)]
    pub(super) fn spelled<T>(
        &mut self,
        small_number: impl FnOnce(i64) -> T,
        other: impl FnOnce(&'static [u8]) -> T,
        odd: impl FnOnce(Val) -> T,
    ) -> Read<T> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let digits = self.at;
        let (length, small) = scan::digits(&self.input[digits..]);
        self.at += length;
        match self.peek() {
            _ if length == 0 => {
                return match self.odd_number(start) {
                    Some(number) => Ok(odd(number)),
                    None => self.fail("a digit"),
                };
            }
            Some(b'.' | b'e' | b'E') => {
                if let Err(error) = self.fraction_and_exponent() {
                    let number = self.odd_number(start);
                    return number.map(odd).ok_or(error);
                }
            }
            // Eighteen digits always fit into 64 bits.
            _ if length <= 18 && !(negative && small == 0) => {
                let small = small as i64;
                return Ok(small_number(if negative { -small } else { small }));
            }
            _ => {}
        }
        Ok(other(&self.input[start..self.at]))
    }

    /// Read a number that JSON's grammar has not, but jq's library has, from the word that begins at `start`.
    #[cold]
    pub(super) fn odd_number(&mut self, start: usize) -> Option<Val> {
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = self.input[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        let word = core::str::from_utf8(&self.input[start..start + length]).expect("ASCII");
        let number = numeral::number(word)?;
        self.at = start + length;
        Some(Val::Num(number))
    }

    fn fraction_and_exponent(&mut self) -> Read<()> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Read<()> {
        let (length, _) = scan::digits(&self.input[self.at..]);
        self.at += length;
        if length == 0 {
            return self.fail("a digit");
        }
        Ok(())
    }
}
