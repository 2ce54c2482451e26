//! Gives the rows of a frame one after another.
#![forbid(unsafe_code)]

use super::block::{astray, shown, Block, Broken, Column, Field, Kind, Read};
use super::cells::{self, span};
use super::make::Make;

/// What is made once for the rows of a chunk: values that several rows share, and names.
struct Shared<M: Make> {
    /// The names of the members of a struct.
    names: Option<M::Names>,
    /// The values of a dictionary, made when they are first met, or those of a JSON array, until they are taken.
    values: Vec<Option<M::Value>>,
    children: Vec<Self>,
}

/// The rows of a frame.
pub struct Frame<M: Make> {
    make: M,
    depth: usize,
    root: Field,
    chunks: Vec<Column>,
    chunk: usize,
    row: usize,
    shared: Option<Shared<M>>,
}

impl<M: Make> Frame<M> {
    /// Check a block, whose values may nest `depth` deep, the array of all rows included.
    pub fn open(make: M, block: &'static [u8], depth: usize) -> Result<Self, Broken> {
        let depth = depth.saturating_sub(1);
        let (root, chunks) = Block::open(block, depth)?;
        Ok(Self {
            make,
            depth,
            root,
            chunks,
            chunk: 0,
            row: 0,
            shared: None,
        })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.chunks
            .iter()
            .fold(0, |sum, chunk| sum.saturating_add(chunk.length))
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Make the next row; `None` after the last.
    pub fn next_row(&mut self) -> Option<Result<M::Value, Broken>> {
        while self.row == self.chunks.get(self.chunk)?.length {
            (self.chunk, self.row, self.shared) = (self.chunk + 1, 0, None);
        }
        let column = &self.chunks[self.chunk];
        let shared = match &mut self.shared {
            Some(shared) => shared,
            none => match prepare(&self.make, &self.root, column, self.depth) {
                Ok(shared) => none.insert(shared),
                Err(broken) => return Some(Err(broken)),
            },
        };
        let row = self.row;
        self.row += 1;
        Some(value(&self.make, &self.root, column, shared, row))
    }

    /// Make an array of the rows that are left.
    pub fn rest(&mut self) -> Result<M::Value, Broken> {
        let mut rows = Vec::with_capacity(self.len());
        while let Some(row) = self.next_row() {
            rows.push(row?);
        }
        Ok(self.make.array(rows))
    }
}

/// Make what the rows of a chunk share.
fn prepare<M: Make>(make: &M, field: &Field, column: &Column, depth: usize) -> Read<Shared<M>> {
    let values = match field.kind {
        Kind::Json if !field.is_off() => {
            let items = make.items(column.buffers[0], depth);
            let items = items.filter(|items| items.len() == column.length);
            let items = items.ok_or_else(|| {
                Broken::new(format!(
                    "the column {} is no JSON array of as many items as there are rows, or nests too deep",
                    shown(field)
                ))
            })?;
            items.into_iter().map(Some).collect()
        }
        _ => Vec::new(),
    };
    let members = field.children.iter().zip(&column.children);
    let names = (field.kind == Kind::Struct).then(|| {
        let read = field.children.iter().filter(|child| !child.is_off());
        let names: Vec<_> = read.map(|child| child.name).collect();
        make.names(&names)
    });
    let children = members
        .map(|(field, column)| prepare(make, field, column, depth.saturating_sub(1)))
        .collect::<Read<_>>()?;
    Ok(Shared {
        names,
        values,
        children,
    })
}

/// Make the value of a row.
fn value<M: Make>(
    make: &M,
    field: &Field,
    column: &Column,
    shared: &mut Shared<M>,
    row: usize,
) -> Read<M::Value> {
    if row >= column.length {
        return Err(astray(field, row));
    }
    if !column.valid.has(row) {
        return Ok(make.null());
    }
    match field.kind {
        Kind::Struct => {
            let mut values = Vec::with_capacity(field.children.len());
            for (at, child) in field.children.iter().enumerate() {
                if !child.is_off() {
                    values.push(value(
                        make,
                        child,
                        &column.children[at],
                        &mut shared.children[at],
                        row,
                    )?);
                }
            }
            let names = shared.names.as_ref().expect("a struct has names");
            Ok(make.object(names, values))
        }
        Kind::List => {
            let (start, end) = span(field, column, row, field.width())?;
            items(make, field, column, shared, start..end)
        }
        Kind::FixedList => {
            let length = field.parameter as usize;
            items(
                make,
                field,
                column,
                shared,
                row * length..(row + 1) * length,
            )
        }
        Kind::Map => map(make, field, column, shared, row),
        Kind::Dictionary => {
            let code = cells::integer(column.buffers[0], field.width(), row, field.is_signed());
            if code == -1 && field.is_marked() {
                return Ok(make.null());
            }
            let code = usize::try_from(code).map_err(|_| astray(field, row))?;
            entry(make, field, column, shared, code)
        }
        Kind::Runs => {
            let at = run(field, column, row)?;
            value(
                make,
                &field.children[1],
                &column.children[1],
                &mut shared.children[1],
                at,
            )
        }
        Kind::Json => shared.values[row].take().ok_or_else(|| astray(field, row)),
        _ => cells::cell(make, field, column, row),
    }
}

fn items<M: Make>(
    make: &M,
    field: &Field,
    column: &Column,
    shared: &mut Shared<M>,
    rows: core::ops::Range<usize>,
) -> Read<M::Value> {
    let (child, below) = (&field.children[0], &column.children[0]);
    if rows.end > below.length {
        return Err(astray(field, rows.start));
    }
    let items = rows.map(|row| value(make, child, below, &mut shared.children[0], row));
    Ok(make.array(items.collect::<Read<_>>()?))
}

fn map<M: Make>(
    make: &M,
    field: &Field,
    column: &Column,
    shared: &mut Shared<M>,
    row: usize,
) -> Read<M::Value> {
    let (start, end) = span(field, column, row, 4)?;
    let (entries, below) = (&field.children[0], &column.children[0]);
    if end > below.length {
        return Err(astray(field, row));
    }
    let shared = &mut shared.children[0];
    let mut members = Vec::with_capacity(end - start);
    for at in start..end {
        let [key, item] = [0, 1].map(|place| {
            value(
                make,
                &entries.children[place],
                &below.children[place],
                &mut shared.children[place],
                at,
            )
        });
        members.push((key?, item?));
    }
    make.map(members).ok_or_else(|| {
        Broken::new(format!(
            "the column {} has a map at row {row} with one key twice, or with a key that is no name; give its entries \
             as a list of structs",
            shown(field)
        ))
    })
}

/// Make the value that a code of a dictionary stands for, once for all rows.
fn entry<M: Make>(
    make: &M,
    field: &Field,
    column: &Column,
    shared: &mut Shared<M>,
    code: usize,
) -> Read<M::Value> {
    let (child, below) = (&field.children[0], &column.children[0]);
    if code >= below.length {
        return Err(astray(field, code));
    }
    if shared.values.len() <= code {
        shared.values.resize_with(code + 1, || None);
    }
    if shared.values[code].is_none() {
        shared.values[code] = Some(value(make, child, below, &mut shared.children[0], code)?);
    }
    match &shared.values[code] {
        Some(value) => Ok(make.again(value)),
        None => Err(astray(field, code)),
    }
}

/// Find the run that a row is in: the first that ends behind it.
fn run(field: &Field, column: &Column, row: usize) -> Read<usize> {
    let (ends, below) = (&field.children[0], &column.children[0]);
    let wanted = (column.first + row) as i128;
    let (mut low, mut high) = (0, below.length);
    while low < high {
        let middle = low + (high - low) / 2;
        if cells::integer(below.buffers[0], ends.width(), middle, true) > wanted {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if low == below.length {
        return Err(astray(field, row));
    }
    Ok(low)
}
