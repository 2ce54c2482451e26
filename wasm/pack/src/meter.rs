//! The meter: charges to a global, and checks that end the run when it is spent or stopped.
//!
//! A region is code that runs as a whole once its first operator does. Each region charges its cost
//! where it begins, before any of it runs. Every function entry and every loop header (a head)
//! also checks: it traps when the count is below the stop word, which is 0 while the run may go on
//! and the largest `i64` when the host ends it, so that one comparison serves both.
//!
//! Two observations keep the charges few. What follows a block, `if` or loop that no branch leaves
//! sideways runs whenever the code before it did, so both are one region. And what both arms of an
//! `if` cost is charged before it.

use crate::module::{Module, CODE, EXPORT, GLOBAL};
use crate::{costs, Result};
use std::collections::HashSet;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, Encode, ExportKind, ExportSection, GlobalSection, GlobalType,
    Instruction, MemArg, MemArgTarget, ValType,
};
use wasmparser::{FunctionBody, Operator};

/// Name of the exported global that counts down.
pub const FUEL: &str = "fuel";
/// Name of the exported constant that holds the address of the stop word.
pub const STOP_WORD: &str = "stop_word";

/// What the meter found and added.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Operators in all functions.
    pub operators: usize,
    /// Functions, each with a check.
    pub functions: usize,
    /// Loops, each with a check.
    pub loops: usize,
    /// Operators that charge their length.
    pub bulk: usize,
    /// Charges, those of heads included.
    pub charges: usize,
}

/// Add the meter to `wasm`.
///
/// With `threshold` 0 the count of a run that ends by itself is exact. With a larger one, a region
/// cheaper than that is charged by the head before it, whether it is reached or not.
///
/// # Errors
/// The module is refused (see [`Module::parse`]), exports no `stop_word`, or already has a `fuel`.
pub fn meter(wasm: &[u8], threshold: i64) -> Result<(Vec<u8>, Report)> {
    let module = Module::parse(wasm)?;
    let mut globals = GlobalSection::new();
    let fuel = u32::try_from(module.globals()?.len())?;
    for global in module.globals()? {
        let ty = RoundtripReencoder.global_type(global.ty)?;
        globals.global(ty, &RoundtripReencoder.const_expr(global.init_expr)?);
    }
    let ty = GlobalType {
        val_type: ValType::I64,
        mutable: true,
        shared: false,
    };
    // An instance that was given no fuel ends at its first operator.
    globals.global(ty, &ConstExpr::i64_const(0));

    let mut exports = ExportSection::new();
    for export in module.exports()? {
        if export.name == FUEL {
            return Err("the module already exports fuel".into());
        }
        exports.export(
            export.name,
            RoundtripReencoder.export_kind(export.kind)?,
            export.index,
        );
    }
    exports.export(FUEL, ExportKind::Global, fuel);

    let code = Code {
        fuel,
        stop_word: module.constant(STOP_WORD)?,
        threshold,
    };
    let parameters = module.parameters()?;
    let mut section = CodeSection::new();
    let mut report = Report::default();
    for (body, ty) in module.bodies()?.into_iter().zip(module.functions()?) {
        let parameters = parameters
            .get(ty as usize)
            .copied()
            .ok_or("a function has no type")?;
        section.raw(&code.body(&body, parameters, &mut report)?);
    }
    Ok((
        module.with(&[(GLOBAL, &globals), (EXPORT, &exports), (CODE, &section)]),
        report,
    ))
}

/// What is inserted, always before the operator at its index.
enum Insert {
    /// Charge a region and check.
    Head(usize),
    /// Charge a region.
    Region(usize),
    /// Charge the number on top of the stack and check.
    Length,
}

/// A construct that is open while a body is read.
struct Open {
    /// Index of the operator that opened it.
    opener: usize,
    /// The region before it, unless that cannot be reached.
    before: Option<usize>,
    /// The regions that the arms of an `if` begin with.
    arms: Vec<usize>,
}

/// Regions of one body.
struct Regions {
    cost: Vec<i64>,
    /// The head that runs before each region.
    head: Vec<usize>,
    /// `(before, first arm, second arm)` of each `if` with two arms, inner ones first.
    arms: Vec<(usize, usize, usize)>,
    inserts: Vec<(usize, Insert)>,
}

impl Regions {
    fn new_region(&mut self, head: Option<usize>) -> usize {
        let region = self.cost.len();
        self.cost.push(0);
        self.head.push(head.unwrap_or(region));
        region
    }
}

struct Code {
    fuel: u32,
    stop_word: i32,
    threshold: i64,
}

impl Code {
    fn body(
        &self,
        body: &FunctionBody<'_>,
        parameters: u32,
        report: &mut Report,
    ) -> Result<Vec<u8>> {
        let bytes = body.as_bytes();
        let origin = body.range().start;
        let mut locals = Vec::new();
        let mut count = parameters;
        for local in body.get_locals_reader()? {
            let (n, ty) = local?;
            count += n;
            locals.push((n, RoundtripReencoder.val_type(ty)?));
        }
        let mut operators: Vec<(Operator<'_>, usize)> = Vec::new();
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            operators.push((operator, usize::try_from(offset - origin)?));
        }
        let regions = self.regions(&operators, report)?;

        let length = regions
            .inserts
            .iter()
            .any(|(_, insert)| matches!(insert, Insert::Length))
            .then_some(count);
        locals.extend(length.map(|_| (1, ValType::I32)));
        let mut out = Vec::new();
        locals.len().encode(&mut out);
        for (n, ty) in locals {
            n.encode(&mut out);
            ty.encode(&mut out);
        }
        let mut copied = operators.first().map_or(bytes.len(), |(_, offset)| *offset);
        for (at, insert) in &regions.inserts {
            let upto = operators[*at].1;
            out.extend_from_slice(&bytes[copied..upto]);
            copied = upto;
            match insert {
                Insert::Head(region) => {
                    self.charge(regions.cost[*region], &mut out, report);
                    self.check(&mut out);
                }
                Insert::Region(region) => self.charge(regions.cost[*region], &mut out, report),
                Insert::Length => {
                    self.charge_length(length.ok_or("no local was added for a length")?, &mut out)
                }
            }
        }
        out.extend_from_slice(&bytes[copied..]);
        Ok(out)
    }

    /// Cut a body into regions and say where each is charged.
    fn regions(&self, operators: &[(Operator<'_>, usize)], report: &mut Report) -> Result<Regions> {
        let sideways = left_sideways(operators);
        let mut regions = Regions {
            cost: Vec::new(),
            head: Vec::new(),
            arms: Vec::new(),
            inserts: Vec::new(),
        };
        let mut current = regions.new_region(None);
        regions.cost[current] = costs::ENTRY;
        regions.inserts.push((0, Insert::Head(current)));
        let mut open: Vec<Open> = Vec::new();
        let mut heads = vec![current];
        let mut reachable = true;
        for (at, (operator, _)) in operators.iter().enumerate() {
            report.operators += 1;
            // Asked of unreachable code too: what cannot be metered is refused wherever it stands.
            let costs_its_length = costs::costs_its_length(operator)?;
            if reachable {
                regions.cost[current] += costs::cost(operator);
            }
            if reachable && costs_its_length {
                regions.inserts.push((at, Insert::Length));
                report.bulk += 1;
            }
            let before = reachable.then_some(current);
            let mut begins_region = false;
            match operator {
                Operator::Block { .. } | Operator::If { .. } => {
                    open.push(Open {
                        opener: at,
                        before,
                        arms: Vec::new(),
                    });
                    begins_region = reachable && matches!(operator, Operator::If { .. });
                }
                Operator::Loop { .. } => {
                    open.push(Open {
                        opener: at,
                        before,
                        arms: Vec::new(),
                    });
                    current = regions.new_region(None);
                    heads.push(current);
                    regions.inserts.push((at + 1, Insert::Head(current)));
                    report.loops += 1;
                }
                Operator::Else => {
                    reachable = open
                        .last()
                        .is_some_and(|construct| construct.before.is_some());
                    begins_region = reachable;
                }
                Operator::End => {
                    let Some(construct) = open.pop() else {
                        continue;
                    };
                    if matches!(operators[construct.opener].0, Operator::Loop { .. }) {
                        heads.pop();
                    }
                    reachable = construct.before.is_some();
                    if let Some(before) = construct.before {
                        if let [first, second] = construct.arms[..] {
                            regions.arms.push((before, first, second));
                        }
                        begins_region = sideways.contains(&construct.opener);
                        current = before;
                    }
                }
                Operator::BrIf { .. } => begins_region = reachable,
                Operator::Br { .. }
                | Operator::BrTable { .. }
                | Operator::Return
                | Operator::Unreachable => reachable = false,
                _ => {}
            }
            if begins_region {
                current = regions.new_region(heads.last().copied());
                regions.inserts.push((at + 1, Insert::Region(current)));
                if let (Operator::If { .. } | Operator::Else, Some(construct)) =
                    (operator, open.last_mut())
                {
                    construct.arms.push(current);
                }
            }
        }
        report.functions += 1;
        self.settle(&mut regions);
        Ok(regions)
    }

    /// Move costs to where they need fewer charges.
    fn settle(&self, regions: &mut Regions) {
        for (before, first, second) in std::mem::take(&mut regions.arms) {
            let both = regions.cost[first].min(regions.cost[second]);
            regions.cost[before] += both;
            regions.cost[first] -= both;
            regions.cost[second] -= both;
        }
        for region in (0..regions.cost.len()).rev() {
            let head = regions.head[region];
            if head != region && regions.cost[region] < self.threshold {
                regions.cost[head] += std::mem::take(&mut regions.cost[region]);
            }
        }
    }

    fn charge(&self, cost: i64, out: &mut Vec<u8>, report: &mut Report) {
        if cost == 0 {
            return;
        }
        report.charges += 1;
        for instruction in [
            Instruction::GlobalGet(self.fuel),
            Instruction::I64Const(cost),
            Instruction::I64Sub,
            Instruction::GlobalSet(self.fuel),
        ] {
            instruction.encode(out);
        }
    }

    fn check(&self, out: &mut Vec<u8>) {
        for instruction in [
            Instruction::GlobalGet(self.fuel),
            Instruction::I32Const(self.stop_word),
            Instruction::I64Load(MemArg {
                offset: 0,
                align: 3,
                target: MemArgTarget::Memory(0),
                ordering: None,
            }),
            Instruction::I64LtS,
            Instruction::If(wasm_encoder::BlockType::Empty),
            Instruction::Unreachable,
            Instruction::End,
        ] {
            instruction.encode(out);
        }
    }

    fn charge_length(&self, local: u32, out: &mut Vec<u8>) {
        for instruction in [
            Instruction::LocalTee(local),
            Instruction::GlobalGet(self.fuel),
            Instruction::LocalGet(local),
            Instruction::I64ExtendI32U,
            Instruction::I64Sub,
            Instruction::GlobalSet(self.fuel),
        ] {
            instruction.encode(out);
        }
        self.check(out);
    }
}

/// The constructs that a branch or return leaves before their end, by the index of their opener.
///
/// The target of a branch is not among them: what follows a block runs either way, and what follows
/// a loop runs when the loop is done.
fn left_sideways(operators: &[(Operator<'_>, usize)]) -> HashSet<usize> {
    let mut sideways = HashSet::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, (operator, _)) in operators.iter().enumerate() {
        let mut leave = |depth: u32| sideways.extend(open.iter().rev().take(depth as usize));
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open.push(at),
            Operator::End => drop(open.pop()),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                leave(*relative_depth)
            }
            Operator::BrTable { targets } => targets
                .targets()
                .flatten()
                .chain([targets.default()])
                .for_each(leave),
            Operator::Return => leave(u32::MAX),
            _ => {}
        }
    }
    sideways
}
