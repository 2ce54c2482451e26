//! Proves that a packed module cannot work without being counted.
//!
//! It looks at the final bytes alone and shares no analysis with the meter. The functions that the host
//! can call are wrappers, of one form: they take the count from the global, call a counted function and
//! put it back. Nothing else can reach a wrapper. All other functions take the count as their last
//! parameter and return it as their last result, and each of their bodies is walked with its credit:
//! what was charged on the way here, less what the operators on the way cost. Credit must
//! never be negative, so every operator is paid before it runs; it must be the same on all ways to a
//! join and zero at every exit, so nothing is paid that does not run. Every function and every loop
//! must begin with its charge and the check, the count must be handed on at every call and exit, and
//! it must be out of reach of all other code. A function can return the count as a number, and then
//! does so at its end: that reads it, and changes nothing.

use crate::module::{Module, FUEL, STOP_WORD};
use crate::patterns::{Count, Meter, Reader};
use crate::{costs, Result};
use std::collections::HashSet;
use wasmparser::{ConstExpr, ExternalKind, FuncType, FunctionBody, Operator, ValType};

/// Check a packed module.
///
/// # Errors
/// The first thing found that breaks the promise, with the function and the operator where it is.
pub fn validate(wasm: &[u8]) -> Result<()> {
    let module = Module::parse(wasm)?;
    let fuel = fuel_global(&module)?;
    let stop_word = module.constant(STOP_WORD)?;
    let memory = u64::from(stop_word as u32) + 8 <= module.memory()?.initial * 65_536;
    if !memory || stop_word % 8 != 0 {
        return Err("the stop word is not eight aligned bytes of the initial memory".into());
    }
    for data in module.data()? {
        if !matches!(data.kind, wasmparser::DataKind::Active { .. }) {
            return Err("a data segment is passive".into());
        }
    }
    let exports = module.exports()?;
    let wrappers: HashSet<u32> = exports
        .iter()
        .filter(|export| export.kind == ExternalKind::Func)
        .map(|export| export.index)
        .collect();
    if module
        .referenced()?
        .iter()
        .any(|function| wrappers.contains(function))
    {
        return Err("a table or global holds a function that the host calls".into());
    }
    let types = module.types()?;
    let functions = module.functions()?;
    for (index, body) in (0_u32..).zip(module.bodies()?) {
        let number = functions.get(index as usize);
        let ty = number.and_then(|number| types.get(*number as usize));
        let ty = ty.ok_or("a function has no type")?;
        let operators: Vec<Operator<'_>> = body
            .get_operators_reader()?
            .into_iter()
            .collect::<std::result::Result<_, _>>()?;
        if wrappers.contains(&index) {
            check_wrapper(&body, &operators, ty, fuel, &wrappers)
                .map_err(|reason| format!("the exported function {index} {reason}"))?;
            continue;
        }
        let local = match (ty.params().split_last(), ty.results().last()) {
            (Some((ValType::I64, before)), Some(ValType::I64)) => u32::try_from(before.len())?,
            _ => return Err(format!("function {index} does not hand on the count").into()),
        };
        let count = Count {
            fuel,
            local,
            stop_word,
        };
        let mut walk = Walk {
            code: Reader::new(&operators, count),
            wrappers: &wrappers,
            open: Vec::new(),
        };
        walk.body()
            .map_err(|reason| format!("function {index}, operator {}: {reason}", walk.code.at()))?;
    }
    Ok(())
}

/// Find the index of the count: a mutable `i64` that starts at zero and is exported once, as `fuel`.
fn fuel_global(module: &Module<'_>) -> Result<u32> {
    let index = module.exported_global(FUEL)?;
    let globals = module.globals()?;
    let global = globals.get(index as usize).ok_or("fuel names no global")?;
    if global.ty.content_type != ValType::I64 || !global.ty.mutable || !is_zero(&global.init_expr)?
    {
        return Err("fuel is not a mutable i64 that starts at 0".into());
    }
    let aliases = module
        .exports()?
        .into_iter()
        .filter(|export| export.kind == ExternalKind::Global && export.index == index);
    if aliases.count() != 1 {
        return Err("fuel is exported under another name too".into());
    }
    Ok(index)
}

fn is_zero(start: &ConstExpr<'_>) -> Result<bool> {
    Ok(matches!(
        start.get_operators_reader().read()?,
        Operator::I64Const { value: 0 }
    ))
}

/// Check a function that the host calls: it pushes its parameters and the count, calls a counted function,
/// and stores the count.
fn check_wrapper(
    body: &FunctionBody<'_>,
    operators: &[Operator<'_>],
    ty: &FuncType,
    fuel: u32,
    wrappers: &HashSet<u32>,
) -> Result<()> {
    let passed = operators
        .iter()
        .zip(0_u32..)
        .take_while(|(operator, next)| {
            matches!(operator, Operator::LocalGet { local_index } if local_index == next)
        })
        .count();
    let called = match &operators[passed..] {
        [Operator::GlobalGet { global_index: from }, Operator::Call { function_index }, Operator::GlobalSet { global_index: to }, Operator::End]
            if *from == fuel && *to == fuel =>
        {
            *function_index
        }
        _ => return Err("does more than to hand on the count".into()),
    };
    if body.get_locals_reader()?.get_count() != 0 || passed != ty.params().len() {
        return Err("does not hand on its parameters".into());
    }
    if wrappers.contains(&called) {
        return Err("calls another exported function".into());
    }
    Ok(())
}

/// Credit at a point of the code; `None` where the code is unreachable.
type Credit = Option<i64>;

struct Open {
    is_loop: bool,
    /// Credit where the construct begins; a branch back to a loop must have the same.
    entry: Credit,
    /// Credit of the branches to the end.
    exit: Credit,
    /// An `if` without an `else` so far: its beginning can lead to its end directly.
    skippable: bool,
}

struct Walk<'o> {
    code: Reader<'o>,
    wrappers: &'o HashSet<u32>,
    /// The constructs that are open, without the function itself: whatever leaves that must hand on the count.
    open: Vec<Open>,
}

impl Walk<'_> {
    fn body(&mut self) -> Result<()> {
        let charged = self
            .code
            .head()
            .ok_or("a function begins without its charge and the check")?;
        let mut credit = Some(charged - costs::ENTRY);
        while !self.code.is_at_end() {
            credit = self.step(credit)?;
        }
        match self.open.is_empty() {
            true => Ok(()),
            false => Err("the body ends inside a construct".into()),
        }
    }

    /// Walk over the next operator, or over code of the meter with the operator that it serves.
    fn step(&mut self, credit: Credit) -> Result<Credit> {
        match self.code.meter() {
            Some(Meter::Charge(cost)) => Ok(credit.map(|credit| credit + cost)),
            Some(Meter::Store) => Ok(credit),
            Some(Meter::Length) => {
                let operator = self.code.operator()?;
                if !costs::costs_its_length(operator)? {
                    return Err("a length is charged that the next operator does not have".into());
                }
                pay(credit, operator)
            }
            // The module is valid, so a function that takes the count last and returns it last is a counted
            // function or a wrapper.
            Some(Meter::Call(Operator::Call { function_index }))
                if self.wrappers.contains(function_index) =>
            {
                Err("a function that the host calls is called".into())
            }
            // It leaves the count as it is.
            Some(Meter::Call(operator) | Meter::Result(operator)) => pay(credit, operator),
            Some(Meter::Leave(operator)) => {
                let credit = pay(credit, operator)?;
                leaves(credit)?;
                if matches!(operator, Operator::End) && !self.open.is_empty() {
                    return Err("the count is handed on where the function does not end".into());
                }
                Ok(None)
            }
            None => {
                let operator = self.code.operator()?;
                if costs::costs_its_length(operator)? && credit.is_some() {
                    return Err("the length of this operator is not charged".into());
                }
                let credit = pay(credit, operator)?;
                self.run(operator, credit)
            }
        }
    }

    /// Follow an operator that is paid for to where it leads.
    fn run(&mut self, operator: &Operator<'_>, credit: Credit) -> Result<Credit> {
        match operator {
            Operator::Block { .. } => Ok(self.begin(credit, false, false)),
            Operator::If { .. } => Ok(self.begin(credit, false, true)),
            Operator::Loop { .. } => {
                let charged = self
                    .code
                    .head()
                    .ok_or("a loop begins without its charge and the check")?;
                self.begin(credit, true, false);
                Ok(credit.map(|credit| credit + charged))
            }
            Operator::Else => {
                let mut construct = self.open.pop().ok_or("an else without an if")?;
                construct.exit = join(construct.exit, credit)?;
                construct.skippable = false;
                let entry = construct.entry;
                self.open.push(construct);
                Ok(entry)
            }
            Operator::End => {
                let construct = self
                    .open
                    .pop()
                    .ok_or("the function ends without handing on the count")?;
                let exit = join(construct.exit, credit)?;
                match construct.skippable {
                    true => join(exit, construct.entry),
                    false => Ok(exit),
                }
            }
            Operator::Br { relative_depth } => self.branch(credit, *relative_depth).map(|()| None),
            Operator::BrIf { relative_depth } => {
                self.branch(credit, *relative_depth).map(|()| credit)
            }
            Operator::BrTable { targets } => {
                for target in targets.targets() {
                    self.branch(credit, target?)?;
                }
                self.branch(credit, targets.default()).map(|()| None)
            }
            Operator::Unreachable => Ok(None),
            Operator::RefFunc { function_index } if self.wrappers.contains(function_index) => {
                Err("a function that the host calls is referred to".into())
            }
            _ => Ok(credit),
        }
    }

    fn begin(&mut self, entry: Credit, is_loop: bool, skippable: bool) -> Credit {
        self.open.push(Open {
            is_loop,
            entry,
            exit: None,
            skippable,
        });
        entry
    }

    fn branch(&mut self, credit: Credit, depth: u32) -> Result<()> {
        let index = self
            .open
            .len()
            .checked_sub(1 + depth as usize)
            .ok_or("a branch leaves the function without handing on the count")?;
        let construct = &self.open[index];
        if construct.is_loop {
            return match (credit, construct.entry) {
                (Some(credit), Some(entry)) if credit != entry => {
                    Err("a loop goes round with another credit than it began with".into())
                }
                _ => Ok(()),
            };
        }
        let exit = join(construct.exit, credit)?;
        self.open[index].exit = exit;
        Ok(())
    }
}

fn pay(credit: Credit, operator: &Operator<'_>) -> Result<Credit> {
    let left = credit.map(|credit| credit - costs::cost(operator));
    match left {
        Some(left) if left < 0 => Err("this operator is not charged before it runs".into()),
        _ => Ok(left),
    }
}

fn join(left: Credit, right: Credit) -> Result<Credit> {
    match (left, right) {
        (Some(left), Some(right)) if left != right => {
            Err(format!("ways meet here with credits {left} and {right}").into())
        }
        _ => Ok(left.or(right)),
    }
}

fn leaves(credit: Credit) -> Result<()> {
    match credit {
        Some(left) if left != 0 => Err(format!("the function is left with credit {left}").into()),
        _ => Ok(()),
    }
}
