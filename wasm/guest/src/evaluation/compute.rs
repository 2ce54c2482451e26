//! Computes values: operators, built-ins in Rust, and the first number of a range.
#![forbid(unsafe_code)]

use super::code::{Arithmetic, Comparison, List, Register};
use super::forks::Kind;
use super::machine::Machine;
use super::source::Source;
use crate::builtins::Call;
use crate::value::{Error, Interruption, Num, Val};

impl Machine {
    /// Combine two values. Sums of small integers are so common that their code stands in the loop over instructions.
    #[inline(always)]
    pub(super) fn compute(
        &mut self,
        operator: Arithmetic,
        left: Source,
        right: Source,
    ) -> Result<Val, Interruption> {
        if let (Val::Num(x), Val::Num(y)) = (self.peek(left), self.peek(right)) {
            let int = match operator {
                Arithmetic::Add => x.sum(y),
                Arithmetic::Subtract => x.difference(y),
                _ => None,
            };
            if let Some(int) = int {
                return Ok(Val::Num(Num::Int(int)));
            }
        }
        self.compute_any(operator, left, right)
    }

    fn compute_any(
        &mut self,
        operator: Arithmetic,
        left: Source,
        right: Source,
    ) -> Result<Val, Interruption> {
        if let (Val::Num(x), Val::Num(y)) = (self.peek(left), self.peek(right)) {
            let number = match operator {
                Arithmetic::Add => Some(x.add(y)),
                Arithmetic::Subtract => Some(x.sub(y)),
                Arithmetic::Multiply => Some(x.mul(y)),
                Arithmetic::Divide => x.div(y),
                Arithmetic::Remainder => x.rem(y),
            };
            if let Some(number) = number {
                return Ok(Val::Num(number));
            }
        }
        let right = self.take(right);
        let left = self.take(left);
        Ok(match operator {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::Remainder => left % right,
        }?)
    }

    pub(super) fn holds(&self, comparison: Comparison, left: Source, right: Source) -> bool {
        let (left, right) = (self.peek(left), self.peek(right));
        match comparison {
            Comparison::Equal => left == right,
            Comparison::Unequal => left != right,
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Greater => left > right,
            Comparison::AtLeast => left >= right,
        }
    }

    pub(super) fn native(
        &mut self,
        to: Register,
        native: u32,
        operands: List,
    ) -> Result<bool, Interruption> {
        let mut arguments = [const { Val::Null }; 3];
        for (place, argument) in (1..operands.count).zip(&mut arguments) {
            *argument = self.take(self.source(operands, place));
        }
        let input = self.take(self.source(operands, 0));
        let call = Call {
            context: self.context,
            input,
            arguments,
        };
        let value = (self.code.natives[native as usize].run)(call)?;
        self.set(to, value);
        Ok(true)
    }

    pub(super) fn range(
        &mut self,
        to: Register,
        bounds: List,
        numbers: bool,
    ) -> Result<bool, Interruption> {
        let mut values = [const { Val::Null }; 3];
        for (place, value) in values.iter_mut().enumerate() {
            *value = self.take(self.source(bounds, place as u32));
        }
        let kind = match values {
            [Val::Num(next), Val::Num(upto), Val::Num(by)] => {
                match Kind::numbers(next, upto, by, to) {
                    Some(kind) => kind,
                    None => return Ok(false),
                }
            }
            _ if numbers => return Err(Error::str("Range bounds must be numeric").into()),
            values => Kind::Sums {
                values: Box::new(values),
                is_first: true,
                to,
            },
        };
        self.fork(kind, self.address as u32);
        Ok(false)
    }
}
