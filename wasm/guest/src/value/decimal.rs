//! Takes numbers apart into digits and a power of ten, to compare literals and to lay out numbers.
#![forbid(unsafe_code)]

use core::cmp::Ordering;

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
        // Zero has one digit. An exponent of more than 64 bits is replaced by one that no double reaches either.
        let digits = if trimmed.is_empty() { "0" } else { trimmed };
        let out_of_reach = if exponent.starts_with('-') {
            -(1 << 40)
        } else {
            1 << 40
        };
        Self {
            negative,
            digits: digits.into(),
            exponent: exponent
                .parse()
                .unwrap_or(out_of_reach)
                .clamp(-(1 << 40), 1 << 40)
                - fraction.len() as i64,
        }
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
