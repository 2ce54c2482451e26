//! Writes one function body with its charges and checks; the body takes the count and returns it.

use crate::regions::{charges, Charge};
use crate::report::MeterReport;
use crate::{costs, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Instruction, MemArg, MemArgTarget, ValType};
use wasmparser::{FunctionBody, Operator};

/// What the meter's code in a body refers to.
pub struct Calls {
    /// Index of the global that the host sees.
    pub fuel: u32,
    /// Address of the stop word.
    pub stop_word: i32,
    /// Number of parameters without the count; the count is the parameter after them.
    pub parameters: u32,
    /// Type of a block that has the function's results without the count.
    pub results: BlockType,
    /// Number to add to the index of a type for the same type with the count.
    pub counted_types: u32,
}

/// The body that is being written.
pub struct Body<'c> {
    calls: &'c Calls,
    /// Local that holds a length, or an index into the table, while the count is pushed.
    waiting: u32,
    out: Vec<u8>,
}

impl<'c> Body<'c> {
    /// The bytes of `body` with the meter: its locals and its operators.
    ///
    /// # Errors
    /// The body has operators that cannot be metered.
    pub fn metered(
        body: &FunctionBody<'_>,
        calls: &'c Calls,
        report: &mut MeterReport,
    ) -> Result<Vec<u8>> {
        let bytes = body.as_bytes();
        let origin = body.range().start;
        let mut locals = Vec::new();
        let mut waiting = calls.parameters + 1;
        for local in body.get_locals_reader()? {
            let (n, ty) = local?;
            waiting += n;
            locals.push((n, RoundtripReencoder.val_type(ty)?));
        }
        let mut operators: Vec<Operator<'_>> = Vec::new();
        let mut offsets: Vec<usize> = Vec::new();
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            operators.push(operator);
            offsets.push(usize::try_from(offset - origin)?);
        }
        offsets.push(bytes.len());
        let charges = charges(&operators)?;
        let waits = charges.iter().any(|(_, charge)| *charge == Charge::Length)
            || operators
                .iter()
                .any(|operator| matches!(operator, Operator::CallIndirect { .. }));
        locals.extend(waits.then_some((1, ValType::I32)));

        let mut this = Self {
            calls,
            waiting,
            out: Vec::new(),
        };
        locals.len().encode(&mut this.out);
        for (n, ty) in locals {
            n.encode(&mut this.out);
            ty.encode(&mut this.out);
        }
        let mut charges = charges.into_iter().peekable();
        for (at, operator) in operators.iter().enumerate() {
            while let Some((_, charge)) = charges.next_if(|(place, _)| *place == at) {
                this.charge(charge);
                report.charges += usize::from(!matches!(charge, Charge::Length | Charge::Head(0)));
                report.bulk += usize::from(charge == Charge::Length);
            }
            if at == 0 {
                // A branch out of the function leads to the end of this block, behind which the count is pushed.
                this.store();
                this.write(&[Instruction::Block(calls.results)]);
            }
            if at + 1 == operators.len() {
                let count = Instruction::LocalGet(calls.parameters);
                this.write(&[Instruction::End, count, Instruction::End]);
            } else if !this.changed(operator) {
                let original = &bytes[offsets[at]..offsets[at + 1]];
                this.out.extend_from_slice(original);
            }
            report.loops += usize::from(matches!(operator, Operator::Loop { .. }));
        }
        report.operators += operators.len();
        report.functions += 1;
        Ok(this.out)
    }

    /// The bytes of a body that returns the count, and nothing else.
    pub fn fuel_left(calls: &'c Calls) -> Vec<u8> {
        let mut this = Self {
            calls,
            waiting: 0,
            out: Vec::new(),
        };
        // No locals.
        0_usize.encode(&mut this.out);
        this.charge(Charge::Head(costs::ENTRY + 1));
        this.store();
        let count = || Instruction::LocalGet(calls.parameters);
        this.write(&[count(), count(), Instruction::End]);
        this.out
    }

    fn write(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.out);
        }
    }

    /// Write an operator that names a local, calls or leaves; return false for every other.
    fn changed(&mut self, operator: &Operator<'_>) -> bool {
        let count = self.calls.parameters;
        let moved = |local: u32| local + u32::from(local >= count);
        match operator {
            Operator::LocalGet { local_index } => {
                self.write(&[Instruction::LocalGet(moved(*local_index))])
            }
            Operator::LocalSet { local_index } => {
                self.write(&[Instruction::LocalSet(moved(*local_index))])
            }
            Operator::LocalTee { local_index } => {
                self.write(&[Instruction::LocalTee(moved(*local_index))])
            }
            Operator::Call { function_index } => self.write(&[
                Instruction::LocalGet(count),
                Instruction::Call(*function_index),
                Instruction::LocalSet(count),
            ]),
            Operator::CallIndirect {
                type_index,
                table_index,
            } => self.write(&[
                // The index into the table is on top of the arguments, and the count must come before it.
                Instruction::LocalSet(self.waiting),
                Instruction::LocalGet(count),
                Instruction::LocalGet(self.waiting),
                Instruction::CallIndirect {
                    type_index: self.calls.counted_types + type_index,
                    table_index: *table_index,
                },
                Instruction::LocalSet(count),
            ]),
            Operator::Return => self.write(&[Instruction::LocalGet(count), Instruction::Return]),
            Operator::Unreachable => {
                // After a trap the host reads from the global what was used.
                self.store();
                self.write(&[Instruction::Unreachable]);
            }
            _ => return false,
        }
        true
    }

    /// Store the count in the global that the host reads.
    fn store(&mut self) {
        self.write(&[
            Instruction::LocalGet(self.calls.parameters),
            Instruction::GlobalSet(self.calls.fuel),
        ]);
    }

    fn charge(&mut self, charge: Charge) {
        let (count, length) = (self.calls.parameters, self.waiting);
        match charge {
            Charge::Head(0) => self.write(&[Instruction::LocalGet(count)]),
            Charge::Head(cost) | Charge::Region(cost) => self.write(&[
                Instruction::LocalGet(count),
                Instruction::I64Const(cost),
                Instruction::I64Sub,
            ]),
            Charge::Length => self.write(&[
                Instruction::LocalTee(length),
                Instruction::LocalGet(count),
                Instruction::LocalGet(length),
                Instruction::I64ExtendI32U,
                Instruction::I64Sub,
            ]),
        }
        if let Charge::Region(_) = charge {
            self.write(&[Instruction::LocalSet(count)]);
        } else {
            self.write(&[Instruction::LocalTee(count)]);
            self.check();
        }
    }

    /// End the run if the count on top of the stack, or the stop word, is below zero.
    ///
    /// One comparison serves both, and whatever a corrupted guest writes to the stop word, it cannot
    /// hide that the count is spent.
    fn check(&mut self) {
        self.write(&[
            Instruction::I32Const(self.calls.stop_word),
            Instruction::I64Load(MemArg {
                offset: 0,
                align: 3,
                target: MemArgTarget::Memory(0),
                ordering: None,
            }),
            Instruction::I64Or,
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::If(BlockType::Empty),
        ]);
        self.store();
        self.write(&[Instruction::Unreachable, Instruction::End]);
    }
}
