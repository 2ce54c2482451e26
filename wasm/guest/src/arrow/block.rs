//! Takes a block apart into fields and columns, and checks that every buffer is as long as its column needs.
#![forbid(unsafe_code)]

use super::zone::Zone;

/// What a block begins with.
pub const MAGIC: u32 = 0x4641_514a;
/// Words of 32 bits of the head, of a field, and of a column.
const HEAD: usize = 4;
const FIELD: usize = 8;
const COLUMN: usize = 10;

/// The validity buffer has a byte for each row, which is not 0 where the value is missing.
const MASK: u32 = 1;
/// The column is not read, and was not copied.
const OFF: u32 = 2;
/// Numbers have a sign; a time stamp has a table of its zone.
const SIGNED: u32 = 4;
/// NaN, the least number of a time, or the code -1 say that a value is missing.
const MARKED: u32 = 8;

/// A block, or a column in it, that is not what it must be.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, and in which column.
    pub message: String,
    /// Whether it is nesting that is deeper than allowed.
    pub is_deep: bool,
}

impl Broken {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_deep: false,
        }
    }
}

pub(super) type Read<T> = Result<T, Broken>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// How the buffers of a column are read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $name = $number,)* }
        impl Kind {
            fn of(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Every value is missing.
    Null = 0,
    /// Truth values; the parameter is 1 for bits and 8 for bytes.
    Bool = 1,
    /// Integers; the parameter is their width in bytes.
    Integer = 2,
    /// Floats; the parameter is their width in bytes.
    Float = 3,
    /// Decimals; the parameter is their width in bytes plus 256 times their scale.
    Decimal = 4,
    /// Days (width 4) or milliseconds (width 8) since 1970-01-01.
    Date = 5,
    /// Time of day; the parameter is the width plus 256 times the digits of the unit.
    Time = 6,
    /// Time since 1970-01-01, as `Time`.
    Timestamp = 7,
    /// A length of time, as `Time`.
    Duration = 8,
    /// A length in months (0), in days and milliseconds (1), or in months, days and nanoseconds (2).
    Interval = 9,
    /// UTF-8; the parameter is the width of the offsets.
    Text = 10,
    /// Bytes; the parameter is the width of the offsets.
    Binary = 11,
    /// UTF-8, by views of 16 bytes.
    TextView = 12,
    /// Bytes, by views of 16 bytes.
    BinaryView = 13,
    /// Bytes of one length, the parameter.
    FixedBinary = 14,
    /// Lists; the parameter is the width of the offsets.
    List = 15,
    /// Lists of one length, the parameter.
    FixedList = 16,
    /// Objects.
    Struct = 17,
    /// Objects with keys of their own each; the child is a struct of key and value.
    Map = 18,
    /// Places in the column of the child; the parameter is their width.
    Dictionary = 19,
    /// Runs of one value; the first child has where each ends, the second the values.
    Runs = 20,
    /// A JSON array with an item for each row.
    Json = 21,
    /// Sixteen bytes that are written as a UUID is.
    Uuid = 22,
}

/// What a column is.
pub struct Field {
    /// How it is read.
    pub kind: Kind,
    /// What the kind leaves open.
    pub parameter: u32,
    flags: u32,
    /// The name of the member.
    pub name: &'static [u8],
    /// The time zone of a time stamp.
    pub zone: Option<Zone>,
    /// What it is made of.
    pub children: Vec<Self>,
}

impl Field {
    /// Whether the column was left out.
    pub fn is_off(&self) -> bool {
        self.flags & OFF != 0
    }

    /// Whether numbers have a sign.
    pub fn is_signed(&self) -> bool {
        self.flags & SIGNED != 0
    }

    /// Whether one of the numbers says that a value is missing.
    pub fn is_marked(&self) -> bool {
        self.flags & MARKED != 0
    }

    /// The width of the numbers in bytes.
    pub fn width(&self) -> usize {
        (self.parameter & 0xff) as usize
    }

    /// The scale of a decimal, or the digits of a unit.
    pub fn scale(&self) -> i32 {
        (self.parameter as i32) >> 8
    }
}

/// Which rows of a column have values.
#[derive(Clone, Copy)]
pub enum Valid {
    /// All of them.
    All,
    /// Those whose bit is set, from a bit on.
    Bits(&'static [u8], usize),
    /// Those whose byte is zero.
    Mask(&'static [u8]),
}

impl Valid {
    pub fn has(self, row: usize) -> bool {
        match self {
            Self::All => true,
            Self::Bits(bytes, first) => bit(bytes, first + row),
            Self::Mask(bytes) => bytes[row] == 0,
        }
    }
}

/// A bit, the lowest one of each byte first.
pub fn bit(bytes: &[u8], at: usize) -> bool {
    bytes[at / 8] >> (at % 8) & 1 != 0
}

/// Some rows of a field.
pub struct Column {
    /// The number of rows.
    pub length: usize,
    /// The first bit of a bitmap.
    pub first: usize,
    /// Which rows have values.
    pub valid: Valid,
    /// The buffers after the first.
    pub buffers: [&'static [u8]; 3],
    /// Those of the field's children.
    pub children: Vec<Self>,
}

/// Reads the words of a block.
pub struct Block {
    bytes: &'static [u8],
}

impl Block {
    fn word(&self, at: usize) -> Read<u32> {
        let bytes = at
            .checked_mul(4)
            .and_then(|at| self.bytes.get(at..at.checked_add(4)?));
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_le_bytes)
            .ok_or_else(|| Broken::new("it ends before its columns do"))
    }

    fn bytes_at(&self, at: usize) -> Read<&'static [u8]> {
        let (start, length) = (self.word(at)? as usize, self.word(at + 1)? as usize);
        start
            .checked_add(length)
            .and_then(|end| self.bytes.get(start..end))
            .ok_or_else(|| Broken::new("a buffer lies outside of it"))
    }

    /// Read the fields and the chunks, with columns that may nest `depth` deep.
    pub fn open(bytes: &'static [u8], depth: usize) -> Read<(Field, Vec<Column>)> {
        let block = Self { bytes };
        if block.word(0)? != MAGIC {
            return Err(Broken::new("it does not begin as one"));
        }
        let (fields, chunks) = (block.word(1)? as usize, block.word(2)? as usize);
        // The head says nothing that the block has no room for, so that nothing is built of a lie.
        let columns = fields
            .checked_mul(chunks)
            .ok_or_else(|| Broken::new("it has too many columns"))?;
        let words = columns
            .checked_mul(COLUMN)
            .and_then(|words| words.checked_add(fields.checked_mul(FIELD)?))
            .and_then(|words| words.checked_add(HEAD));
        if words.is_none_or(|words| words > bytes.len() / 4) {
            return Err(Broken::new("it ends before its columns do"));
        }
        let mut at = 0;
        let root = block.field(&mut at, fields, depth)?;
        if at != fields || root.is_off() {
            return Err(Broken::new("it has fields that belong nowhere"));
        }
        let first = HEAD + fields * FIELD;
        let chunks = (0..chunks)
            .map(|chunk| {
                let mut at = first + chunk * fields * COLUMN;
                block.column(&root, &mut at)
            })
            .collect::<Read<_>>()?;
        Ok((root, chunks))
    }

    fn field(&self, at: &mut usize, fields: usize, depth: usize) -> Read<Field> {
        if *at == fields {
            return Err(Broken::new("it has fewer fields than it says"));
        }
        let word = HEAD + *at * FIELD;
        *at += 1;
        let name = self.bytes_at(word + 4)?;
        let table = self.bytes_at(word + 6)?;
        let mut field = Field {
            kind: Kind::of(self.word(word)?)
                .ok_or_else(|| Broken::new("it has a column of no known type"))?,
            parameter: self.word(word + 1)?,
            flags: self.word(word + 2)?,
            name,
            zone: None,
            children: Vec::new(),
        };
        if field.kind == Kind::Timestamp && field.is_signed() {
            field.zone = Some(Zone::read(table));
        }
        let children = self.word(word + 3)?;
        if depth == 0 && children > 0 {
            return Err(Broken {
                message: "its columns nest too deep".into(),
                is_deep: true,
            });
        }
        for _ in 0..children {
            field.children.push(self.field(at, fields, depth - 1)?);
        }
        super::nested::check(&field)?;
        Ok(field)
    }

    fn column(&self, field: &Field, at: &mut usize) -> Read<Column> {
        let word = *at;
        *at += COLUMN;
        let (length, first) = (self.word(word)? as usize, self.word(word + 1)? as usize);
        let validity = self.bytes_at(word + 2)?;
        let mut buffers = [&[] as &[u8]; 3];
        for (place, buffer) in buffers.iter_mut().enumerate() {
            *buffer = self.bytes_at(word + 4 + 2 * place)?;
        }
        let children = field
            .children
            .iter()
            .map(|child| self.column(child, at))
            .collect::<Read<_>>()?;
        let bits = first
            .checked_add(length)
            .ok_or_else(|| Broken::new("a column is longer than memory"))?;
        let valid = match validity {
            [] => Valid::All,
            mask if field.flags & MASK != 0 && mask.len() >= length => Valid::Mask(mask),
            bitmap if field.flags & MASK == 0 && bitmap.len() >= bits.div_ceil(8) => {
                Valid::Bits(bitmap, first)
            }
            _ => return Err(short(field)),
        };
        let column = Column {
            length,
            first,
            valid,
            buffers,
            children,
        };
        if !field.is_off() {
            super::nested::check_lengths(field, &column)?;
        }
        Ok(column)
    }
}

/// Say that a column has less than its rows need.
#[cold]
pub fn short(field: &Field) -> Broken {
    Broken::new(format!(
        "the column {} has less than its rows need",
        shown(field)
    ))
}

/// Say that the offsets of a column lead nowhere.
#[cold]
pub fn astray(field: &Field, row: usize) -> Broken {
    Broken::new(format!(
        "the column {} has offsets that run backwards or out of it at row {row}",
        shown(field)
    ))
}

/// The name of a column in messages.
pub fn shown(field: &Field) -> String {
    const CHARS: usize = 40;
    let name = String::from_utf8_lossy(field.name);
    let mut short: String = name.chars().take(CHARS).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    if short.is_empty() {
        return "without a name".into();
    }
    format!("'{short}'")
}
