//! Reads the numbers of JSON texts.
#![forbid(unsafe_code)]

use super::{Read, Reader};
use crate::json::scan;
use crate::value::{Num, Val};

impl Reader {
    pub(super) fn number(&mut self) -> Read<Val> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let digits = self.at;
        let (length, small) = scan::digits(&self.input[digits..]);
        self.at += length;
        match self.peek() {
            _ if length == 0 => {
                if negative && self.peek() == Some(b'I') {
                    return self.literal("Infinity", Val::Num(Num::Float(f64::NEG_INFINITY)));
                }
                if negative && matches!(self.peek(), Some(b'n' | b'N')) {
                    let name = if self.peek() == Some(b'n') {
                        "nan"
                    } else {
                        "NaN"
                    };
                    return self.literal(name, Val::Num(Num::Float(f64::NAN)));
                }
                return self.fail("a digit");
            }
            Some(b'.' | b'e' | b'E') => self.fraction_and_exponent()?,
            // Eighteen digits always fit into 64 bits.
            _ if length <= 18 && !(negative && small == 0) => {
                let small = small as i64;
                return Ok(Val::Num(Num::Int(if negative { -small } else { small })));
            }
            _ => {}
        }
        let text = core::str::from_utf8(&self.input[start..self.at]).expect("digits are ASCII");
        Ok(Val::Num(Num::written(text)))
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
