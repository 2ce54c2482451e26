//! Proof that a packed module cannot work without being counted.
//!
//! It looks at the final bytes alone and shares no analysis with the meter. Each body is walked
//! with its credit: what was charged on the way here, less what the operators on the way cost. It
//! must never be negative, so every operator is paid before it runs. In an exact module it must
//! also be the same on all ways to a join and zero at every exit: nothing is paid that does not
//! run. Every function and every loop must begin with its charge and the check, and the count must
//! be out of reach of all other code.

use crate::meter::{FUEL, STOP_WORD};
use crate::module::Module;
use crate::{costs, Result};
use wasmparser::{BlockType, ConstExpr, ExternalKind, MemArgTarget, Operator, ValType};

/// Whether charges must meet costs exactly or may exceed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The count of a run that ends by itself is the cost of what ran.
    Exact,
    /// The count is at least that.
    Bounded,
}

/// Check a packed module.
///
/// # Errors
/// The first thing found that breaks the promise, with the function and the operator where it is.
pub fn validate(wasm: &[u8], demand: Demand) -> Result<()> {
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
    for (index, body) in module.bodies()?.iter().enumerate() {
        let operators: Vec<Operator<'_>> = body
            .get_operators_reader()?
            .into_iter()
            .collect::<std::result::Result<_, _>>()?;
        let mut walk = Walk {
            operators: &operators,
            fuel,
            stop_word,
            demand,
            open: Vec::new(),
            at: 0,
        };
        walk.body()
            .map_err(|reason| format!("function {index}, operator {}: {reason}", walk.at))?;
    }
    Ok(())
}

/// The index of the count: a mutable `i64` that starts at zero and is exported once, as `fuel`.
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

/// Credit at a point of the code; none where it cannot be reached.
type Credit = Option<i64>;

struct Open {
    is_loop: bool,
    /// Credit where the construct begins; for a loop, what a branch back to it must bring.
    entry: Credit,
    /// Credit that the branches to the end bring.
    exit: Credit,
    /// An `if` whose `else` was not met: its end is also reached from its beginning.
    skippable: bool,
}

struct Walk<'o> {
    operators: &'o [Operator<'o>],
    fuel: u32,
    stop_word: i32,
    demand: Demand,
    open: Vec<Open>,
    at: usize,
}

impl Walk<'_> {
    fn body(&mut self) -> Result<()> {
        self.open.push(Open {
            is_loop: false,
            entry: None,
            exit: None,
            skippable: false,
        });
        let mut credit = Some(self.head(-costs::ENTRY)?);
        while let Some(operator) = self.operators.get(self.at) {
            if let Some(charge) = self.charge() {
                credit = credit.map(|credit| credit + charge);
                continue;
            }
            if self.charged_length() {
                let operator = self
                    .operators
                    .get(self.at)
                    .ok_or("a length is charged at the end")?;
                if !costs::costs_its_length(operator)? {
                    return Err("a length is charged that the next operator does not have".into());
                }
            } else if costs::costs_its_length(operator)? && credit.is_some() {
                return Err("the length of this operator is not charged".into());
            }
            let operator = &self.operators[self.at];
            self.at += 1;
            credit = self.pay(credit, operator)?;
            credit = self.step(credit, operator)?;
        }
        match self.open.is_empty() {
            true => Ok(()),
            false => Err("the body ends inside a construct".into()),
        }
    }

    /// The charge and the check that a function or loop begins with.
    fn head(&mut self, credit: i64) -> Result<i64> {
        let credit = credit + self.charge().unwrap_or(0);
        if credit < 0 {
            return Err("a head charges too little".into());
        }
        if !self.check() {
            return Err("a function or loop begins without the check".into());
        }
        Ok(credit)
    }

    fn pay(&self, credit: Credit, operator: &Operator<'_>) -> Result<Credit> {
        let Some(credit) = credit else {
            return Ok(None);
        };
        let left = credit - costs::cost(operator);
        if left < 0 {
            return Err("this operator is not charged before it runs".into());
        }
        Ok(Some(left))
    }

    fn step(&mut self, credit: Credit, operator: &Operator<'_>) -> Result<Credit> {
        match operator {
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index }
                if *global_index == self.fuel =>
            {
                Err("code other than the meter's reaches the count".into())
            }
            Operator::Block { .. } => {
                self.open.push(Open {
                    is_loop: false,
                    entry: credit,
                    exit: None,
                    skippable: false,
                });
                Ok(credit)
            }
            Operator::If { .. } => {
                self.open.push(Open {
                    is_loop: false,
                    entry: credit,
                    exit: None,
                    skippable: true,
                });
                Ok(credit)
            }
            Operator::Loop { .. } => {
                self.open.push(Open {
                    is_loop: true,
                    entry: credit,
                    exit: None,
                    skippable: false,
                });
                match credit {
                    Some(credit) => Ok(Some(self.head(credit)?)),
                    // Code that cannot be reached charges whatever it likes, but it checks.
                    None => self.head(i64::MAX / 2).map(|_| None),
                }
            }
            Operator::Else => {
                let mut construct = self.open.pop().ok_or("an else without an if")?;
                construct.exit = self.join(construct.exit, credit)?;
                construct.skippable = false;
                let entry = construct.entry;
                self.open.push(construct);
                Ok(entry)
            }
            Operator::End => {
                let construct = self.open.pop().ok_or("an end without a beginning")?;
                let mut exit = self.join(construct.exit, credit)?;
                if construct.skippable {
                    exit = self.join(exit, construct.entry)?;
                }
                if self.open.is_empty() {
                    self.leaves(exit)?;
                }
                Ok(exit)
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
            Operator::Return => self.leaves(credit).map(|()| None),
            Operator::Unreachable => Ok(None),
            _ => Ok(credit),
        }
    }

    fn branch(&mut self, credit: Credit, depth: u32) -> Result<()> {
        let index = self
            .open
            .len()
            .checked_sub(1 + depth as usize)
            .ok_or("a branch out of the function")?;
        if index == 0 {
            self.leaves(credit)?;
        }
        let construct = &self.open[index];
        if construct.is_loop {
            let enough = match (self.demand, credit, construct.entry) {
                (_, None, _) | (_, _, None) => true,
                (Demand::Exact, Some(credit), Some(entry)) => credit == entry,
                (Demand::Bounded, Some(credit), Some(entry)) => credit >= entry,
            };
            return if enough {
                Ok(())
            } else {
                Err("a loop goes round with another credit than it began with".into())
            };
        }
        let exit = self.join(construct.exit, credit)?;
        self.open[index].exit = exit;
        Ok(())
    }

    fn join(&self, left: Credit, right: Credit) -> Result<Credit> {
        match (left, right) {
            (Some(left), Some(right)) if left != right && self.demand == Demand::Exact => {
                Err(format!("ways meet here with credits {left} and {right}").into())
            }
            (Some(left), Some(right)) => Ok(Some(left.min(right))),
            (credit, None) | (None, credit) => Ok(credit),
        }
    }

    fn leaves(&self, credit: Credit) -> Result<()> {
        match credit {
            Some(left) if left != 0 && self.demand == Demand::Exact => {
                Err(format!("the function is left with credit {left}").into())
            }
            _ => Ok(()),
        }
    }

    /// Read a charge of a constant, if one stands here.
    fn charge(&mut self) -> Option<i64> {
        let [Operator::GlobalGet { global_index: from }, Operator::I64Const { value }, Operator::I64Sub, Operator::GlobalSet { global_index: to }, ..] =
            self.operators[self.at..]
        else {
            return None;
        };
        // A charge that gives back would let a loop pay itself.
        if from != self.fuel || to != self.fuel || !(1..1 << 32).contains(&value) {
            return None;
        }
        self.at += 4;
        Some(value)
    }

    /// Read the check, if it stands here.
    fn check(&mut self) -> bool {
        let [Operator::GlobalGet { global_index }, Operator::I32Const { value }, Operator::I64Load { memarg }, Operator::I64LtS, Operator::If {
            blockty: BlockType::Empty,
        }, Operator::Unreachable, Operator::End, ..] = &self.operators[self.at..]
        else {
            return false;
        };
        let found = *global_index == self.fuel
            && *value == self.stop_word
            && memarg.offset == 0
            && memarg.target == MemArgTarget::Memory(0);
        self.at += if found { 7 } else { 0 };
        found
    }

    /// Read the charge of the number on top of the stack and its check, if they stand here.
    fn charged_length(&mut self) -> bool {
        let [Operator::LocalTee { local_index: kept }, Operator::GlobalGet { global_index: from }, Operator::LocalGet { local_index: read }, Operator::I64ExtendI32U, Operator::I64Sub, Operator::GlobalSet { global_index: to }, ..] =
            self.operators[self.at..]
        else {
            return false;
        };
        if kept != read || from != self.fuel || to != self.fuel {
            return false;
        }
        let start = self.at;
        self.at += 6;
        let checked = self.check();
        if !checked {
            self.at = start;
        }
        checked
    }
}
