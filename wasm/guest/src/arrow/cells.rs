//! Reads the numbers, times and bytes of a column's rows.
#![forbid(unsafe_code)]

use super::block::{astray, bit, shown, Broken, Column, Field, Kind, Read};
use super::make::Make;
use super::nested::number;
use super::times;
use base64::prelude::{Engine, BASE64_STANDARD};

/// Bytes of a view that stand in it.
const INLINE: usize = 12;

/// Read a little-endian integer of up to 16 bytes at a row; the lengths were checked.
pub fn integer(bytes: &[u8], width: usize, row: usize, signed: bool) -> i128 {
    let bytes = &bytes[row * width..(row + 1) * width];
    let negative = signed && bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = [if negative { 0xff } else { 0 }; 16];
    whole[..width].copy_from_slice(bytes);
    i128::from_le_bytes(whole)
}

/// Read a signed integer of 8 bytes or fewer.
fn short(bytes: &[u8], width: usize, row: usize) -> i64 {
    let bytes = &bytes[row * width..(row + 1) * width];
    match width {
        8 => bytes.try_into().map_or(0, i64::from_le_bytes),
        4 => bytes.try_into().map_or(0, i32::from_le_bytes).into(),
        2 => bytes.try_into().map_or(0, i16::from_le_bytes).into(),
        _ => i64::from(bytes[0] as i8),
    }
}

/// Find the bytes of a row between two offsets; the first offset of the column is where its bytes begin.
pub fn span(field: &Field, column: &Column, row: usize, width: usize) -> Read<(usize, usize)> {
    let offset = |at| short(column.buffers[0], width, at);
    let base = offset(0);
    let (start, end) = (offset(row), offset(row + 1));
    if start < base || end < start {
        return Err(astray(field, row));
    }
    let place = |offset: i64| usize::try_from(offset.wrapping_sub(base));
    match (place(start), place(end)) {
        (Ok(start), Ok(end)) => Ok((start, end)),
        _ => Err(astray(field, row)),
    }
}

/// Find the bytes that a view names.
fn view(field: &Field, column: &Column, row: usize) -> Read<&'static [u8]> {
    let [views, bytes, starts] = column.buffers;
    let view = &views[16 * row..16 * row + 16];
    let length = number(&view[..4]) as usize;
    if length <= INLINE {
        return Ok(&view[4..4 + length]);
    }
    let (buffer, offset) = (number(&view[8..12]) as usize, number(&view[12..]) as usize);
    let start = |buffer: usize| {
        let at = buffer.checked_mul(4)?;
        Some(number(starts.get(at..at.checked_add(4)?)?) as usize)
    };
    let from = start(buffer).and_then(|from| from.checked_add(offset));
    let ends = buffer.checked_add(1).and_then(start);
    match (
        from.and_then(|from| Some((from, from.checked_add(length)?))),
        ends,
    ) {
        (Some((from, to)), Some(end)) if to <= end => {
            bytes.get(from..to).ok_or_else(|| astray(field, row))
        }
        _ => Err(astray(field, row)),
    }
}

/// Find the bytes of a text or of a binary value.
fn bytes(field: &Field, column: &Column, row: usize) -> Read<&'static [u8]> {
    match field.kind {
        Kind::TextView | Kind::BinaryView => view(field, column, row),
        Kind::FixedBinary | Kind::Uuid => {
            let width = if field.kind == Kind::Uuid {
                16
            } else {
                field.parameter as usize
            };
            Ok(&column.buffers[0][row * width..(row + 1) * width])
        }
        _ => {
            let (start, end) = span(field, column, row, field.width())?;
            column.buffers[1]
                .get(start..end)
                .ok_or_else(|| astray(field, row))
        }
    }
}

/// Make the value of a row that is not missing, in a column that has no children.
pub fn cell<M: Make>(make: &M, field: &Field, column: &Column, row: usize) -> Read<M::Value> {
    let [numbers, ..] = column.buffers;
    let width = field.width();
    Ok(match field.kind {
        Kind::Bool if field.parameter == 1 => make.boolean(bit(numbers, column.first + row)),
        Kind::Bool => make.boolean(numbers[row] != 0),
        Kind::Integer if width < 8 || width == 8 && field.is_signed() => {
            make.integer(if field.is_signed() {
                short(numbers, width, row)
            } else {
                integer(numbers, width, row, false) as i64
            })
        }
        Kind::Integer => make.digits(&integer(numbers, width, row, field.is_signed()).to_string()),
        Kind::Float => match float(numbers, width, row) {
            missing if missing.is_nan() && field.is_marked() => make.null(),
            value => make.float(value),
        },
        Kind::Decimal => make.digits(&decimal(numbers, width, row, field.scale())),
        Kind::Date => {
            let count = short(numbers, width, row);
            let days = if width == 4 {
                count
            } else {
                count.div_euclid(86_400_000)
            };
            make.written(times::date(days).bytes())
        }
        Kind::Time | Kind::Timestamp | Kind::Duration => {
            let (count, digits) = (short(numbers, width, row), field.scale().unsigned_abs());
            match field.kind {
                _ if count == i64::MIN && field.is_marked() => make.null(),
                Kind::Time => make.written(times::time(count, digits).bytes()),
                Kind::Duration => make.written(times::duration(count, digits).as_bytes()),
                _ => make.written(times::moment(count, digits, field.zone.as_ref()).bytes()),
            }
        }
        Kind::Interval => make.written(interval(field, numbers, row)?.as_bytes()),
        Kind::Text | Kind::TextView => make.text(bytes(field, column, row)?),
        Kind::Uuid => make.written(uuid(bytes(field, column, row)?).as_bytes()),
        Kind::Binary | Kind::BinaryView | Kind::FixedBinary => make.written(
            BASE64_STANDARD
                .encode(bytes(field, column, row)?)
                .as_bytes(),
        ),
        _ => make.null(),
    })
}

fn float(bytes: &[u8], width: usize, row: usize) -> f64 {
    let bytes = &bytes[row * width..(row + 1) * width];
    match width {
        8 => bytes.try_into().map_or(0.0, f64::from_le_bytes),
        4 => bytes.try_into().map_or(0.0, f32::from_le_bytes).into(),
        _ => half(bytes.try_into().map_or(0, u16::from_le_bytes)),
    }
}

/// Widen a float of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let size = match bits >> 10 & 0x1f {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2_f64.powi(i32::from(exponent) - 15),
    };
    if bits >> 15 == 0 {
        size
    } else {
        -size
    }
}

/// Write a decimal: an integer whose last `scale` digits stand behind the point.
fn decimal(bytes: &[u8], width: usize, row: usize, scale: i32) -> String {
    let (negative, mut digits) = if width <= 16 {
        let value = integer(bytes, width, row, true);
        (value < 0, value.unsigned_abs().to_string())
    } else {
        long_digits(&bytes[row * width..(row + 1) * width])
    };
    match usize::try_from(scale) {
        Ok(0) => {}
        Ok(scale) => {
            if digits.len() <= scale {
                digits.insert_str(0, &"0".repeat(scale + 1 - digits.len()));
            }
            digits.insert(digits.len() - scale, '.');
        }
        Err(_) if digits == "0" => {}
        Err(_) => digits.push_str(&"0".repeat(scale.unsigned_abs() as usize)),
    }
    if negative {
        digits.insert(0, '-');
    }
    digits
}

/// Find the sign and the decimal digits of a little-endian integer, by dividing it by 10^9 again and again.
fn long_digits(bytes: &[u8]) -> (bool, String) {
    let mut words: Vec<u32> = bytes.chunks_exact(4).map(number).collect();
    let negative = words.last().is_some_and(|word| *word >> 31 != 0);
    if negative {
        let mut carry = true;
        for word in &mut words {
            (*word, carry) = (!*word).overflowing_add(u32::from(carry));
        }
    }
    let mut groups = Vec::new();
    while words.iter().any(|word| *word != 0) {
        let mut rest = 0_u64;
        for word in words.iter_mut().rev() {
            let whole = rest << 32 | u64::from(*word);
            (*word, rest) = ((whole / 1_000_000_000) as u32, whole % 1_000_000_000);
        }
        groups.push(rest);
    }
    let Some(first) = groups.pop() else {
        return (false, "0".into());
    };
    let mut digits = first.to_string();
    for group in groups.iter().rev() {
        digits.push_str(&format!("{group:09}"));
    }
    (negative, digits)
}

fn interval(field: &Field, bytes: &[u8], row: usize) -> Read<String> {
    let (months, days, nanoseconds) = match field.parameter {
        0 => (short(bytes, 4, row), 0, 0),
        1 => (
            0,
            short(bytes, 4, 2 * row),
            short(bytes, 4, 2 * row + 1) * 1_000_000,
        ),
        _ => (
            short(bytes, 4, 4 * row),
            short(bytes, 4, 4 * row + 1),
            short(bytes, 8, 2 * row + 1),
        ),
    };
    times::interval(months, days, nanoseconds).ok_or_else(|| {
        Broken::new(format!(
            "the column {} has a length of {months} months, {days} days and {nanoseconds} ns at row {row}, which has \
             two signs",
            shown(field)
        ))
    })
}

fn uuid(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_widened() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn decimals_keep_their_digits() {
        let bytes = |value: i128| value.to_le_bytes();
        for (value, scale, text) in [
            (110, 2, "1.10"),
            (-5, 3, "-0.005"),
            (0, 2, "0.00"),
            (12, -2, "1200"),
            (0, -2, "0"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        ] {
            assert_eq!(decimal(&bytes(value), 16, 0, scale), text);
            let mut wide = [if value < 0 { 0xff } else { 0 }; 32];
            wide[..16].copy_from_slice(&bytes(value));
            assert_eq!(decimal(&wide, 32, 0, scale), text);
        }
        assert_eq!(decimal(&[0xff; 32].map(|byte: u8| byte), 32, 0, 0), "-1");
    }
}
