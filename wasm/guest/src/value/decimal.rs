//! Takes numbers apart into digits and a power of ten, to compare literals and to lay out numbers.
#![forbid(unsafe_code)]

use core::cmp::Ordering;

/// The largest exponent of a number with one digit before the point, as in jq's decNumber; above is infinity.
const LARGEST: i64 = 999_999_999;
/// The smallest power of ten of a number's last digit in jq's decNumber.
const SMALLEST: i64 = -1_147_483_646;

/// The digits of a number and the power of ten that they are multiplied by.
pub struct Decimal {
    negative: bool,
    /// ASCII digits without zeros in front, or a single zero.
    pub digits: Vec<u8>,
    /// The power of ten.
    pub exponent: i64,
}

impl Decimal {
    /// Parse a number as JSON, jq programs or `ryu` write it.
    pub fn parse(text: &str) -> Self {
        let (negative, text) = text
            .strip_prefix('-')
            .map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let trimmed = digits.trim_start_matches('0');
        // Zero has one digit. An exponent of more than 64 bits is replaced by one that is out of reach, too.
        let digits = if trimmed.is_empty() { "0" } else { trimmed };
        let out_of_reach = if exponent.starts_with('-') {
            -(1 << 40)
        } else {
            1 << 40
        };
        let exponent: i64 = exponent.parse().unwrap_or(out_of_reach);
        Self {
            negative,
            digits: digits.into(),
            exponent: exponent.clamp(-(1 << 40), 1 << 40) - fraction.len() as i64,
        }
        .within_reach()
    }

    /// Round a number with an exponent that decNumber does not have, half up.
    fn within_reach(mut self) -> Self {
        if self.is_zero() {
            self.exponent = self.exponent.clamp(SMALLEST, LARGEST);
        } else if self.is_infinite() {
            // All infinities are equal.
            self.digits = b"1".into();
            self.exponent = LARGEST + 1;
        } else if self.exponent < SMALLEST {
            let dropped = usize::try_from(SMALLEST - self.exponent).unwrap_or(usize::MAX);
            let up = self.first_of_last(dropped) >= Some(b'5');
            self.drop_digits(dropped, up);
            self.exponent = SMALLEST;
        }
        self
    }

    /// The first of the last `count` digits.
    fn first_of_last(&self, count: usize) -> Option<u8> {
        let at = self.digits.len().checked_sub(count)?;
        self.digits.get(at).copied()
    }

    /// Replace the last `count` digits by a power of ten, and add one to the digit before when they round `up`.
    fn drop_digits(&mut self, count: usize, up: bool) {
        self.exponent += count as i64;
        self.digits
            .truncate(self.digits.len().saturating_sub(count));
        if up {
            let nines = self.digits.iter().rev().take_while(|digit| **digit == b'9');
            let rest = self.digits.len() - nines.count();
            self.digits[rest..].fill(b'0');
            match rest.checked_sub(1) {
                Some(last) => self.digits[last] += 1,
                None => self.digits.insert(0, b'1'),
            }
        }
        if self.digits.is_empty() {
            self.digits.push(b'0');
        }
    }

    /// Round to at most `length` digits, half to even.
    pub fn rounded(mut self, length: usize) -> Self {
        if let Some(rest) = self.digits.get(length..) {
            let half = [b"5".as_slice(), &vec![b'0'; rest.len().saturating_sub(1)]].concat();
            let odd = length > 0 && self.digits[length - 1] % 2 == 1;
            let up = rest > &half[..] || rest == half && odd;
            self.drop_digits(rest.len(), up);
        }
        self
    }

    /// Whether jq reads the number as an infinity.
    pub fn is_infinite(&self) -> bool {
        !self.is_zero() && self.point() - 1 > LARGEST
    }

    /// Remove zeros at the end.
    pub fn trimmed(mut self) -> Self {
        while self.digits.len() > 1 && self.digits.last() == Some(&b'0') {
            self.digits.pop();
            self.exponent += 1;
        }
        self
    }

    /// The number of digits before the point.
    pub fn point(&self) -> i64 {
        self.exponent + self.digits.len() as i64
    }

    fn is_zero(&self) -> bool {
        self.digits == b"0"
    }

    fn signed(&self) -> Vec<u8> {
        Vec::from(if self.negative { "-" } else { "" })
    }

    /// Write as `123.45`; the exponent must be small, since it becomes zeros.
    pub fn plain(&self) -> Vec<u8> {
        let mut out = self.signed();
        let point = self.point();
        let zeros = |count: i64| core::iter::repeat_n(b'0', count.unsigned_abs() as usize);
        if point <= 0 {
            out.extend_from_slice(b"0.");
            out.extend(zeros(point));
            out.extend_from_slice(&self.digits);
        } else if self.exponent >= 0 {
            out.extend_from_slice(&self.digits);
            out.extend(zeros(self.exponent));
        } else {
            let (whole, fraction) = self.digits.split_at(point as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        out
    }

    /// Write as `1.2345e+02`, with the exponent's letter and its least number of digits.
    pub fn scientific(&self, letter: &str, width: usize) -> Vec<u8> {
        let mut out = self.signed();
        let (first, rest) = self.digits.split_at(1);
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        let exponent = self.point() - 1;
        let sign = if exponent < 0 { '-' } else { '+' };
        let exponent = exponent.unsigned_abs();
        out.extend_from_slice(format!("{letter}{sign}{exponent:0width$}").as_bytes());
        out
    }

    /// Compare by value.
    pub fn compare(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.is_zero(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign.is_ne() || self.is_zero() {
            return by_sign;
        }
        let padded = |digits: &[u8], at: usize| digits.get(at).copied().unwrap_or(b'0');
        let length = self.digits.len().max(other.digits.len());
        let by_size = self.point().cmp(&other.point()).then_with(|| {
            let digits = (0..length).map(|at| padded(&self.digits, at));
            digits.cmp((0..length).map(|at| padded(&other.digits, at)))
        });
        if self.negative {
            by_size.reverse()
        } else {
            by_size
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scientific(text: &str) -> String {
        String::from_utf8(Decimal::parse(text).scientific("E", 1)).unwrap()
    }

    #[test]
    fn exponents_end_where_those_of_decnumber_end() {
        for (text, written) in [
            ("1e999999999", "1E+999999999"),
            ("0.10e1000000000", "1.0E+999999999"),
            ("0e99999999999999999999", "0E+999999999"),
            ("1e-1147483646", "1E-1147483646"),
            ("15e-1147483647", "2E-1147483646"),
            ("-25e-1147483647", "-3E-1147483646"),
            ("995e-1147483647", "1.00E-1147483644"),
            ("4e-1147483647", "0E-1147483646"),
            ("5e-1147483647", "1E-1147483646"),
            ("9e-1147483648", "0E-1147483646"),
            ("1e-99999999999999999999", "0E-1147483646"),
        ] {
            assert_eq!(scientific(text), written, "{text}");
            assert_eq!(scientific(written), written);
        }
        for text in ["10e999999999", "1e1000000000", "78E1234567890123"] {
            assert!(Decimal::parse(text).is_infinite(), "{text}");
        }
        let [x, y] = ["1e1000000000", "2e99999999999999999999"].map(Decimal::parse);
        assert_eq!(x.compare(&y), Ordering::Equal);
    }

    #[test]
    fn digits_are_rounded_half_to_even() {
        for (text, rounded) in [
            ("12345", "1.23E+4"),
            ("12350", "1.24E+4"),
            ("12450", "1.24E+4"),
            ("12451", "1.25E+4"),
            ("99950", "1.000E+5"),
            ("123", "1.23E+2"),
        ] {
            let decimal = Decimal::parse(text).rounded(3);
            assert_eq!(decimal.scientific("E", 1), rounded.as_bytes(), "{text}");
        }
    }
}
