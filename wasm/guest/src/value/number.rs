//! Defines numbers as jq 1.8 has them: literals stay exact, and computing gives doubles.
#![forbid(unsafe_code)]

use super::decimal::Decimal;
use bytes::Bytes;
use core::cell::Cell;
use core::cmp::Ordering;
use core::fmt;
use std::rc::Rc;

/// A double holds every integer below this exactly.
const EXACT: u64 = 1 << 53;

/// The digits of a literal that count when jq computes with it.
const DIGITS: usize = 17;
/// The first integer with more digits.
const LONG: u64 = 10_u64.pow(DIGITS as u32);

/// A number.
#[derive(Clone, Debug)]
pub enum Num {
    /// An integer. Beyond 2^53, and for zero, it comes from a document or program, and nothing has computed with it.
    Int(i64),
    /// A double.
    Float(f64),
    /// Another number from a document or program with which nothing has computed: its text.
    Dec(Rc<Literal>),
}

/// The text of a number, and the nearest double once something needed it.
pub struct Literal {
    /// ASCII.
    text: Bytes,
    /// NaN until it is computed; no literal is NaN.
    double: Cell<f64>,
}

impl Literal {
    fn new(text: Bytes) -> Self {
        Self {
            text,
            double: Cell::new(f64::NAN),
        }
    }

    /// The text of the number.
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.text).unwrap_or_default()
    }

    fn is_zero(&self) -> bool {
        let digits = self.text().split(['e', 'E']).next().unwrap_or_default();
        digits
            .bytes()
            .all(|byte| matches!(byte, b'-' | b'.' | b'0'))
    }

    fn double(&self) -> f64 {
        if self.double.get().is_nan() {
            self.double.set(nearest(self.text()));
        }
        self.double.get()
    }
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Find the double that jq computes with for a literal: the one nearest to the first 17 digits, rounded half to even.
fn nearest(text: &str) -> f64 {
    let double = |text: &str| text.parse().unwrap_or(f64::NAN);
    if text.len() <= DIGITS {
        return double(text);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let zeros = |c: char| matches!(c, '-' | '0' | '.');
    let significant = mantissa.trim_start_matches(zeros).bytes();
    if significant.filter(u8::is_ascii_digit).count() <= DIGITS {
        return double(text);
    }
    let rounded = Decimal::parse(text).rounded(DIGITS).scientific("e", 1);
    double(core::str::from_utf8(&rounded).unwrap_or_default())
}

/// Find the same for an integer of more than 17 digits.
#[cold]
fn rounded(int: i64) -> f64 {
    let size = int.unsigned_abs();
    let unit = if size < 10 * LONG { 10 } else { 100 };
    let (whole, rest) = (size / unit, size % unit);
    let up = rest > unit / 2 || rest == unit / 2 && whole % 2 == 1;
    let rounded = ((whole + u64::from(up)) * unit) as f64;
    if int < 0 {
        -rounded
    } else {
        rounded
    }
}

/// Whether what was computed is kept as this integer. A zero is not: it may be `-0`, and negating it gives `-0`,
/// which negating the literal `0` does not.
fn is_kept(int: i64) -> bool {
    int != 0 && is_exact(int)
}

/// Whether the integer is between -2^53 and 2^53. An addition and one comparison cost less than the absolute value.
fn is_exact(int: i64) -> bool {
    (int as u64).wrapping_add(EXACT - 1) < 2 * EXACT - 1
}

impl Num {
    /// Make the number that is written with digits and an optional sign, fraction and exponent.
    pub fn literal(text: &str) -> Self {
        if let Some(int) = Self::integer(text) {
            return Self::Int(int);
        }
        Self::decimal_of(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// Make the same of text that lives as long as the instance, without a copy.
    pub fn written(text: &'static str) -> Self {
        match Self::integer(text) {
            Some(int) => Self::Int(int),
            None => Self::decimal_of(Bytes::from_static(text.as_bytes())),
        }
    }

    fn decimal_of(text: Bytes) -> Self {
        Self::Dec(Rc::new(Literal::new(text)))
    }

    /// Parse an integer of 64 bits; `-0` is not one.
    fn integer(text: &str) -> Option<i64> {
        if text.contains(['.', 'e', 'E']) {
            return None;
        }
        let int = text.parse().ok()?;
        (int != 0 || !text.starts_with('-')).then_some(int)
    }

    /// Make the number of a double: an integer if it is whole and below 2^53.
    pub fn from_f64(float: f64) -> Self {
        let int = float as i64;
        if int as f64 == float && is_kept(int) {
            Self::Int(int)
        } else {
            Self::Float(float)
        }
    }

    /// Make the number of a count.
    pub fn counted(int: i64) -> Self {
        if int == 0 {
            return Self::Float(0.0);
        }
        Self::Int(int)
    }

    /// Whether the number was made as an integer.
    pub fn is_int(&self) -> bool {
        matches!(self, Self::Int(_))
    }

    /// Convert to an integer, if the number is one of 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Float(_) | Self::Dec(_) => {
                let float = self.as_f64();
                let int = float as i64;
                (int as f64 == float && int != i64::MAX).then_some(int)
            }
        }
    }

    /// Convert to the nearest double.
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Int(int) if int.unsigned_abs() >= LONG => rounded(*int),
            Self::Int(int) => *int as f64,
            Self::Float(float) => *float,
            Self::Dec(literal) => literal.double(),
        }
    }

    /// Add two small integers whose sum is one, as machines do most.
    #[inline(always)]
    pub fn sum(&self, other: &Self) -> Option<i64> {
        let (x, y) = self.exact(other)?;
        Some(x + y).filter(|sum| is_kept(*sum))
    }

    /// Subtract likewise.
    #[inline(always)]
    pub fn difference(&self, other: &Self) -> Option<i64> {
        let (x, y) = self.exact(other)?;
        Some(x - y).filter(|difference| is_kept(*difference))
    }

    /// Take two integers between -2^53 and 2^53: computing with them directly gives what doubles give.
    #[inline(always)]
    fn exact(&self, other: &Self) -> Option<(i64, i64)> {
        match (self, other) {
            (Self::Int(x), Self::Int(y)) if is_exact(*x) && is_exact(*y) => Some((*x, *y)),
            _ => None,
        }
    }

    /// Make the number that was computed with integers, or else the one computed with doubles.
    fn computed(int: Option<i64>, float: impl FnOnce() -> f64) -> Self {
        int.map_or_else(|| Self::from_f64(float()), Self::Int)
    }

    /// Add.
    pub fn add(&self, other: &Self) -> Self {
        Self::computed(self.sum(other), || self.as_f64() + other.as_f64())
    }

    /// Subtract.
    pub fn sub(&self, other: &Self) -> Self {
        Self::computed(self.difference(other), || self.as_f64() - other.as_f64())
    }

    /// Multiply.
    pub fn mul(&self, other: &Self) -> Self {
        let product = self.exact(other).and_then(|(x, y)| x.checked_mul(y));
        Self::computed(product.filter(|product| is_kept(*product)), || {
            self.as_f64() * other.as_f64()
        })
    }

    /// Divide; `None` when the divisor is zero.
    pub fn div(&self, other: &Self) -> Option<Self> {
        let (x, y) = (self.as_f64(), other.as_f64());
        (y != 0.0).then(|| Self::from_f64(x / y))
    }

    /// Compute the remainder of the integer parts, with the sign of the dividend; `None` when the divisor is zero.
    pub fn rem(&self, other: &Self) -> Option<Self> {
        // Without a remainder the result is a zero with a sign.
        if let Some((x, y)) = self.exact(other).filter(|(_, y)| *y != 0) {
            if x % y != 0 {
                return Some(Self::Int(x % y));
            }
        }
        let (x, y) = (self.as_f64(), other.as_f64());
        if x.is_nan() || y.is_nan() {
            return Some(Self::Float(f64::NAN));
        }
        // The casts saturate, as in jq.
        let (x, y) = (x as i64, y as i64);
        let remainder = if y == -1 { Some(0) } else { x.checked_rem(y) };
        remainder.map(|remainder| Self::from_f64(remainder as f64))
    }

    /// Negate.
    pub fn neg(&self) -> Self {
        match self {
            Self::Int(int) => int
                .checked_neg()
                .map_or(Self::Float(-(*int as f64)), Self::Int),
            Self::Float(float) => Self::from_f64(-float),
            // decNumber subtracts from zero, which leaves a zero without a sign.
            Self::Dec(literal) if literal.is_zero() => self.abs(),
            Self::Dec(literal) => match literal.text.strip_prefix(b"-") {
                Some(text) => Self::decimal_of(literal.text.slice_ref(text)),
                None => Self::decimal_of(Bytes::from(format!("-{}", literal.text()))),
            },
        }
    }

    /// Compute the absolute value.
    pub fn abs(&self) -> Self {
        match self {
            Self::Int(int) if *int >= 0 => Self::Int(*int),
            Self::Int(_) => self.neg(),
            Self::Float(float) => Self::from_f64(float.abs()),
            Self::Dec(literal) => {
                let text = &literal.text;
                Self::decimal_of(text.slice_ref(text.strip_prefix(b"-").unwrap_or(text)))
            }
        }
    }

    /// Parse the digits of an integer or literal.
    fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Int(int) => Some(Decimal::parse(&int.to_string())),
            Self::Dec(literal) => Some(Decimal::parse(literal.text())),
            Self::Float(_) => None,
        }
    }
}

impl PartialEq for Num {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(x), Self::Int(y)) => x == y,
            (Self::Float(x), Self::Float(y)) => x == y,
            _ => self.partial_cmp_exactly(other) == Some(Ordering::Equal),
        }
    }
}

impl Eq for Num {}

impl PartialOrd for Num {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Orders numbers as jq does: NaN is less than every number, itself included; literals compare digit by digit.
impl Ord for Num {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(x), Self::Int(y)) => x.cmp(y),
            _ => self
                .partial_cmp_exactly(other)
                .unwrap_or(if self.as_f64().is_nan() {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }),
        }
    }
}

impl Num {
    fn partial_cmp_exactly(&self, other: &Self) -> Option<Ordering> {
        let doubles = self.as_f64().partial_cmp(&other.as_f64())?;
        match (self, other) {
            (Self::Dec(x), Self::Dec(y))
                if doubles.is_eq() && (short(x) && short(y) || x.text == y.text) =>
            {
                Some(Ordering::Equal)
            }
            // Different literals can have the same nearest double.
            (Self::Int(_) | Self::Dec(_), Self::Int(_) | Self::Dec(_)) if doubles.is_eq() => {
                Some(self.decimal()?.compare(&other.decimal()?))
            }
            _ => Some(doubles),
        }
    }
}

/// Whether a literal has at most 15 digits and no exponent: two such literals with the same nearest double have the
/// same value (IEEE 754).
fn short(literal: &Literal) -> bool {
    literal.text.len() <= 15 && !literal.text.iter().any(|byte| matches!(byte, b'e' | b'E'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_of_seventeen_digits() {
        for (text, double) in [
            ("9007199254740993", 9007199254740992.0),
            ("9007199254740993.0001", 9007199254740992.0),
            ("9007199254740993.5001", 9007199254740994.0),
            ("-0.000900719925474099300010", -0.0009007199254740993),
            ("99999999999999999.5", 1e17),
            ("999999999999999995", 1e18),
            ("4611686018427388417", 4611686018427387904.0),
            ("-9223372036854775807", -9223372036854775808.0),
            ("1234567890123456789e-400", 0.0),
            ("1234567890123456789e400", f64::INFINITY),
        ] {
            assert_eq!(Num::literal(text).as_f64(), double, "{text}");
        }
    }

    #[test]
    fn literals_are_equal_when_their_values_are_however_near() {
        for (x, y, order) in [
            ("1.0", "1.00", Ordering::Equal),
            ("0.1", "0.1", Ordering::Equal),
            ("0.1234567890123", "0.1234567890124", Ordering::Less),
            ("0.10000000000000001", "0.1", Ordering::Greater),
            (
                "1000000000000000000000.1",
                "1000000000000000000000.2",
                Ordering::Less,
            ),
            ("1e-400", "2e-400", Ordering::Less),
            ("9007199254740993.0", "9007199254740992", Ordering::Greater),
        ] {
            assert_eq!(Num::literal(x).cmp(&Num::literal(y)), order, "{x} {y}");
            assert_eq!(
                Num::literal(y).cmp(&Num::literal(x)),
                order.reverse(),
                "{y} {x}"
            );
            assert_eq!(Num::literal(x) == Num::literal(y), order.is_eq());
        }
    }
}
