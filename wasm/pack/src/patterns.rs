//! Recognizes the meter's code in the final bytes for the validator: each form that it may have, and no other.

use crate::Result;
use wasmparser::{BlockType, MemArgTarget, Operator};

/// Where the count of a function is.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// The global that the host sees.
    pub fuel: u32,
    /// The last parameter.
    pub local: u32,
    /// Address of the stop word, which a check reads besides the count.
    pub stop_word: i32,
}

/// Code of the meter, with the operator that it serves if there is one.
#[derive(Debug)]
pub enum Meter<'o> {
    /// A constant is taken from the count.
    Charge(i64),
    /// The number on top of the stack is taken from the count, which is checked.
    Length,
    /// The count is stored for the host.
    Store,
    /// A call that takes the count and returns it.
    Call(&'o Operator<'o>),
    /// A return, or the end of the function, that hands on the count.
    Leave(&'o Operator<'o>),
    /// The count as a number that the function returns.
    Result(&'o Operator<'o>),
}

/// Reads one body from its beginning to its end.
pub struct Reader<'o> {
    operators: &'o [Operator<'o>],
    count: Count,
    at: usize,
}

impl<'o> Reader<'o> {
    /// Start before the first operator.
    pub fn new(operators: &'o [Operator<'o>], count: Count) -> Self {
        Self {
            operators,
            count,
            at: 0,
        }
    }

    /// Index of the next operator.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether every operator was read.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.operators.len()
    }

    /// Read the charge of a function or loop, with its check.
    pub fn head(&mut self) -> Option<i64> {
        let (length, charged) = match self.rest() {
            [Operator::LocalGet { local_index: from }, Operator::LocalTee { local_index: to }, ..]
                if self.is_count(*from) && self.is_count(*to) =>
            {
                (2, 0)
            }
            [Operator::LocalGet { local_index: from }, Operator::I64Const { value }, Operator::I64Sub, Operator::LocalTee { local_index: to }, ..]
                if self.is_count(*from) && self.is_count(*to) && is_cost(*value) =>
            {
                (4, *value)
            }
            _ => return None,
        };
        self.checked(length).then_some(charged)
    }

    /// Read code of the meter, if the next operators are that.
    pub fn meter(&mut self) -> Option<Meter<'o>> {
        let (length, code) = match self.rest() {
            [Operator::LocalGet { local_index: from }, Operator::I64Const { value }, Operator::I64Sub, Operator::LocalSet { local_index: to }, ..]
                if self.is_count(*from) && self.is_count(*to) && is_cost(*value) =>
            {
                (4, Meter::Charge(*value))
            }
            [Operator::LocalGet { local_index }, Operator::GlobalSet { global_index }, ..]
                if self.is_count(*local_index) && *global_index == self.count.fuel =>
            {
                (2, Meter::Store)
            }
            [Operator::LocalTee {
                local_index: length,
            }, Operator::LocalGet { local_index: from }, Operator::LocalGet { local_index: read }, Operator::I64ExtendI32U, Operator::I64Sub, Operator::LocalTee { local_index: to }, ..]
                if length == read && self.is_count(*from) && self.is_count(*to) =>
            {
                return self.checked(6).then_some(Meter::Length);
            }
            [Operator::LocalGet { local_index: from }, call @ Operator::Call { .. }, Operator::LocalSet { local_index: to }, ..]
                if self.is_count(*from) && self.is_count(*to) =>
            {
                (3, Meter::Call(call))
            }
            [Operator::LocalSet { local_index: waits }, Operator::LocalGet { local_index: from }, Operator::LocalGet { local_index: read }, call @ Operator::CallIndirect { .. }, Operator::LocalSet { local_index: to }, ..]
                if waits == read && self.is_count(*from) && self.is_count(*to) =>
            {
                (5, Meter::Call(call))
            }
            [result @ Operator::LocalGet {
                local_index: number,
            }, Operator::LocalGet {
                local_index: handed_on,
            }, Operator::End]
                if self.is_count(*number) && self.is_count(*handed_on) =>
            {
                (1, Meter::Result(result))
            }
            [Operator::LocalGet { local_index }, leave @ Operator::Return, ..]
            | [Operator::LocalGet { local_index }, leave @ Operator::End]
                if self.is_count(*local_index) =>
            {
                (2, Meter::Leave(leave))
            }
            _ => return None,
        };
        self.at += length;
        Some(code)
    }

    /// Read the next operator, which must not be the meter's.
    ///
    /// # Errors
    /// The body ends here, or the operator reaches the count, or it calls or returns without handing it on.
    pub fn operator(&mut self) -> Result<&'o Operator<'o>> {
        let operator = self
            .operators
            .get(self.at)
            .ok_or("the body ends too early")?;
        match operator {
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index }
                if *global_index == self.count.fuel =>
            {
                return Err("code other than the meter's reaches the count".into());
            }
            Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index }
                if self.is_count(*local_index) =>
            {
                return Err("code other than the meter's reaches the count".into());
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::Return => {
                return Err("the count is not handed on".into());
            }
            _ => {}
        }
        self.at += 1;
        Ok(operator)
    }

    fn rest(&self) -> &'o [Operator<'o>] {
        self.operators.get(self.at..).unwrap_or_default()
    }

    fn is_count(&self, local: u32) -> bool {
        self.count.local == local
    }

    /// Skip `length` operators and the check after them; without a check, skip nothing and return false.
    fn checked(&mut self, length: usize) -> bool {
        let [Operator::I32Const { value }, Operator::I64Load { memarg }, Operator::I64Or, Operator::I64Const { value: 0 }, Operator::I64LtS, Operator::If {
            blockty: BlockType::Empty,
        }, Operator::LocalGet { local_index }, Operator::GlobalSet { global_index }, Operator::Unreachable, Operator::End, ..] =
            &self.rest()[length..]
        else {
            return false;
        };
        let is_check = *value == self.count.stop_word
            && memarg.offset == 0
            && memarg.target == MemArgTarget::Memory(0)
            && self.is_count(*local_index)
            && *global_index == self.count.fuel;
        self.at += if is_check { length + 10 } else { 0 };
        is_check
    }
}

/// Whether a charge takes from the count: one that adds to it would let a loop pay for itself.
fn is_cost(value: i64) -> bool {
    (1..1 << 32).contains(&value)
}
