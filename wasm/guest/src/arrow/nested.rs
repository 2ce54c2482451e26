//! Checks that fields have the children and parameters of their kind, and columns the bytes and rows of theirs.
#![forbid(unsafe_code)]

use super::block::{short, shown, Broken, Column, Field, Kind, Read};

/// Check the parameter and the number of children of a field.
pub fn check(field: &Field) -> Read<()> {
    let width = field.width();
    let (fits, children) = match field.kind {
        Kind::Null | Kind::Json | Kind::TextView | Kind::BinaryView | Kind::Uuid => (true, Some(0)),
        Kind::Bool => (matches!(field.parameter, 1 | 8), Some(0)),
        Kind::Integer => (matches!(width, 1 | 2 | 4 | 8 | 16), Some(0)),
        Kind::Float => (matches!(width, 2 | 4 | 8), Some(0)),
        Kind::Decimal => (matches!(width, 4 | 8 | 16 | 32), Some(0)),
        Kind::Date => (matches!(width, 4 | 8), Some(0)),
        Kind::Time | Kind::Timestamp | Kind::Duration => {
            let digits = matches!(field.scale(), 0 | 3 | 6 | 9);
            (digits && matches!(width, 4 | 8), Some(0))
        }
        Kind::Interval => (field.parameter < 3, Some(0)),
        Kind::Text | Kind::Binary => (matches!(width, 4 | 8), Some(0)),
        Kind::FixedBinary => (true, Some(0)),
        Kind::List => (matches!(width, 4 | 8), Some(1)),
        Kind::FixedList => (true, Some(1)),
        Kind::Struct => (true, None),
        Kind::Map => (
            matches!(&field.children[..], [entries] if entries.kind == Kind::Struct
                && matches!(&entries.children[..], [key, value] if !key.is_off() && !value.is_off())),
            Some(1),
        ),
        Kind::Dictionary => (matches!(width, 1 | 2 | 4 | 8), Some(1)),
        Kind::Runs => (
            matches!(&field.children[..], [ends, _] if ends.kind == Kind::Integer),
            Some(2),
        ),
    };
    // Only a record can do without one of its members.
    let is_whole = field.kind == Kind::Struct || !field.children.iter().any(Field::is_off);
    if fits && is_whole && children.is_none_or(|children| field.children.len() == children) {
        return Ok(());
    }
    Err(Broken::new(format!(
        "the column {} has a type that does not fit together",
        shown(field)
    )))
}

/// Check that the buffers of a column hold its rows, and that its children have the rows that it names.
pub fn check_lengths(field: &Field, column: &Column) -> Read<()> {
    let (width, length) = (field.width(), column.length);
    let [numbers, bytes, starts] = column.buffers;
    let times = |width: usize| length.checked_mul(width);
    let offsets = || {
        length
            .checked_add(1)
            .and_then(|count| count.checked_mul(width))
    };
    let child = |place: usize| column.children[place].length;
    let needed = match field.kind {
        Kind::Null | Kind::Json | Kind::Struct | Kind::FixedList | Kind::Runs => Some(0),
        Kind::Bool if field.parameter == 1 => Some((column.first + length).div_ceil(8)),
        Kind::Bool => Some(length),
        Kind::Integer | Kind::Float | Kind::Decimal | Kind::Date | Kind::Dictionary => times(width),
        Kind::Time | Kind::Timestamp | Kind::Duration => times(width),
        Kind::Interval => times([4, 8, 16][field.parameter as usize]),
        Kind::Uuid | Kind::TextView | Kind::BinaryView => times(16),
        Kind::FixedBinary => times(field.parameter as usize),
        // Arrow lets a column without rows have no offsets.
        Kind::Text | Kind::Binary | Kind::List | Kind::Map if length == 0 => Some(0),
        Kind::Text | Kind::Binary | Kind::List => offsets(),
        Kind::Map => length.checked_add(1).and_then(|count| count.checked_mul(4)),
    };
    let children_fit = match field.kind {
        Kind::Struct => field
            .children
            .iter()
            .zip(&column.children)
            .all(|(field, column)| field.is_off() || column.length >= length),
        Kind::FixedList => times(field.parameter as usize).is_some_and(|items| child(0) >= items),
        Kind::Runs => child(1) >= child(0),
        _ => true,
    };
    // The last of the starts says where the last of the buffers of views ends.
    let views_fit = !matches!(field.kind, Kind::TextView | Kind::BinaryView)
        || starts.len() % 4 == 0
            && starts
                .chunks_exact(4)
                .all(|start| number(start) as usize <= bytes.len());
    if needed.is_some_and(|needed| numbers.len() >= needed) && children_fit && views_fit {
        return Ok(());
    }
    Err(short(field))
}

/// Read a number of four bytes.
pub fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}
