//! Reads data frames: columns as Arrow lays them out, which the host copies as they are.
//!
//! The input is a block, which the host's `jq_magic/data/columns/block.py` writes. All numbers are little endian, and
//! everything begins at a multiple of 8 bytes.
//!
//! | part | words of 32 bits |
//! |---|---|
//! | head | `MAGIC`, number of fields, number of chunks, 0 |
//! | a field, for each in preorder | kind, parameter, flags, number of children, name (place, length), table (place, length) |
//! | a column, for each chunk and field | length, first bit of the bitmaps, four buffers (place, length) |
//!
//! The first field is the frame: a struct for records, anything else for a series. A column's buffers are those of
//! Arrow's columnar format, the validity bitmap first, cut to the rows that count. What is `OFF` has no buffers, and is
//! no member of its record. A chunk's column of a child has the rows that its parent names.
//!
//! Nothing of the block is believed: what does not fit is a [`Broken`] that says where.
//!
//! Source: Arrow columnar format 1.5, "Physical Memory Layout".

mod block;
mod cells;
mod frame;
mod make;
mod nested;
mod times;
mod values;
mod zone;

pub use block::{Broken, Field, Kind, MAGIC};
pub use frame::Frame;
pub use make::Make;
pub use values::Values;
