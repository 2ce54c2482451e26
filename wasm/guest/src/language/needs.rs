//! Finds what a program can reach of its input.
//!
//! What is needed of a register is what all instructions that read it need of it, whenever they run. So the code is
//! walked from its end to its start, until nothing more is needed: an instruction needs of what it reads what is
//! needed of what it writes, and what its errors quote. An instruction that has no rule here needs everything. So does
//! a function: what calls it hands over, and what it sees of the code around it, is needed as a whole.
#![forbid(unsafe_code)]

mod iterated;
mod operands;

use crate::builtins::Reads;
use crate::evaluation::code::{Code, Instruction as I, List, Register};
use crate::evaluation::source::{Place, Source};
use crate::value::{Need, Val};
pub use iterated::{iterated, Iterated};

/// How often the code is walked at most; when more becomes needed for longer, everything is.
const MOST_WALKS: usize = 8;
/// So many bytes of input must there be for each instruction that is walked: to read them costs fifty times as much.
const BYTES: usize = 512;
/// Places of items up to this one are told apart.
const LAST_PLACE: f64 = 1e6;

/// What a program can reach.
#[derive(Debug)]
pub struct Needs {
    /// Of the input that `.` is at the start.
    pub first: Need,
    /// Of the inputs that `input` and `inputs` read.
    pub others: Need,
}

impl Needs {
    /// What is needed of every value that is read; with `null` the program starts with null.
    pub fn of_all(&self, null: bool) -> Need {
        let mut all = self.others.clone();
        if !null {
            all.join(&self.first);
        }
        all
    }
}

/// Find what a program can reach, within the work that pays for an input of so many bytes.
pub fn worthwhile(code: &Code, bytes: usize) -> Needs {
    search(code, bytes / BYTES)
}

/// Find what a program can reach.
pub fn needs(code: &Code) -> Needs {
    search(code, usize::MAX)
}

/// Find what a program can reach by walking at most `steps` instructions.
fn search(code: &Code, steps: usize) -> Needs {
    let mut walk = Walk::new(code);
    if !walk.settle(steps / code.instructions.len(), None) {
        return ALL;
    }
    let first = core::mem::take(&mut walk.registers[0]);
    let others = walk.inputs;
    Needs { first, others }
}

/// Find where the program's own code ends, which stands before that of all functions.
fn own_code(code: &Code) -> usize {
    let entries = code.functions[1..].iter().map(|function| function.entry);
    let end = entries.min();
    end.map_or(code.instructions.len(), |at| at as usize)
}

/// Everything.
const ALL: Needs = Needs {
    first: Need::All,
    others: Need::All,
};

struct Walk<'c> {
    code: &'c Code,
    /// What is needed of each register of the program itself.
    registers: Vec<Need>,
    /// Whether the walk has passed an instruction that writes the register.
    is_passed: Vec<bool>,
    inputs: Need,
    /// Whether nothing more became needed of a register after an instruction that writes it was passed.
    is_settled: bool,
}

impl<'c> Walk<'c> {
    fn new(code: &'c Code) -> Self {
        let registers = code.functions[0].registers as usize;
        Self {
            code,
            registers: vec![Need::Nothing; registers],
            is_passed: vec![false; registers],
            inputs: Need::Nothing,
            is_settled: true,
        }
    }

    /// Walk over the code until nothing more is needed, but not over the instruction at `apart`. Returns: whether that
    /// came to an end within so many walks, and not all of the input is needed.
    fn settle(&mut self, walks: usize, apart: Option<usize>) -> bool {
        let end = own_code(self.code);
        if walks > 0 {
            self.functions(end);
        }
        for _ in 0..MOST_WALKS.min(walks) {
            self.is_settled = true;
            self.is_passed.fill(false);
            for at in (0..end).rev() {
                if Some(at) != apart {
                    self.instruction(self.code.instructions[at]);
                }
                if matches!(self.registers[0], Need::All) {
                    return false;
                }
            }
            if self.is_settled {
                return true;
            }
        }
        false
    }

    /// Need all that functions see of the program.
    fn functions(&mut self, start: usize) {
        for at in start..self.code.instructions.len() {
            let instruction = self.code.instructions[at];
            let registers = &mut self.registers;
            operands::read(self.code, instruction, |source| {
                if let Place::Outer(_, register) = source.place() {
                    // It may be a register of another function, which has the same number here by chance.
                    if let Some(need) = registers.get_mut(register as usize) {
                        *need = Need::All;
                    }
                }
            });
            if self.reads_inputs(instruction) {
                self.inputs = Need::All;
            }
        }
    }

    fn reads_inputs(&self, instruction: I) -> bool {
        match instruction {
            I::Inputs { .. } => true,
            I::Native { native, .. } => {
                self.code.natives[native as usize].reads == Reads::NextInput
            }
            _ => false,
        }
    }

    /// Need something of what a source has.
    fn need(&mut self, source: Source, need: &Need) {
        match source.place() {
            Place::Constant(_) => {}
            Place::Register(register) => {
                let register = register as usize;
                if self.registers[register].join(need) && self.is_passed[register] {
                    self.is_settled = false;
                }
            }
            Place::Outer(..) => self.registers[0] = Need::All,
        }
    }

    /// What is needed of a register that an instruction writes.
    fn of(&mut self, to: Register) -> Need {
        self.is_passed[to as usize] = true;
        self.registers[to as usize].clone()
    }

    fn constant(&self, source: Source) -> Option<&Val> {
        match source.place() {
            Place::Constant(index) => Some(&self.code.constants[index]),
            _ => None,
        }
    }

    fn sources(&self, list: List) -> Vec<Source> {
        let (start, count) = (list.start as usize, list.count as usize);
        self.code.sources[start..start + count].to_vec()
    }

    fn instruction(&mut self, instruction: I) {
        match instruction {
            I::Move { to, from } => {
                let need = self.of(to);
                self.need(from, &need);
            }
            I::Index { to, of, key, step } if !step.is_followed() => {
                let need = self.of(to);
                let need = self.index(key, need);
                self.need(of, &need);
                self.need(key, &Need::All);
            }
            I::Slice {
                to,
                of,
                bounds,
                step,
            } if !step.is_followed() => {
                let need = Need::items(self.of(to).of_items().clone());
                self.need(of, &need);
                for bound in self.sources(bounds) {
                    self.need(bound, &Need::All);
                }
            }
            I::Each { to, of, step } if !step.is_followed() => {
                let need = Need::each(self.of(to));
                self.need(of, &need);
            }
            I::BeginLoop { container, of, .. } => {
                let need = self.of(container);
                self.need(of, &need);
            }
            I::NextItem { to, container, .. } => {
                let need = Need::each(self.of(to));
                self.need(Source::register(container), &need);
            }
            I::Compare { left, right, .. } | I::JumpUnlessHolds { left, right, .. } => {
                self.compare(left, right);
                self.compare(right, left);
            }
            I::Truth { from, .. }
            | I::Not { from, .. }
            | I::JumpUnless { from, .. }
            | I::JumpIf { from, .. } => self.need(from, &Need::kind()),
            I::Append { array, from, .. } | I::Push { array, from } => {
                let need = self.of(array);
                self.need(from, need.of_items());
            }
            I::Array { to, items } => {
                let need = self.of(to);
                for item in self.sources(items) {
                    self.need(item, need.of_items());
                }
            }
            I::Object { to, members } => {
                let need = self.of(to);
                for member in self.sources(members).chunks_exact(2) {
                    let [key, value] = [member[0], member[1]];
                    match self.constant(key).and_then(Val::as_str) {
                        Some(key) => self.need(value, &need.of_member(key).clone()),
                        None => self.need(value, &need.of_any()),
                    }
                    self.need(key, &Need::All);
                }
            }
            I::Inputs { to } => {
                let need = self.of(to);
                self.inputs.join(&need);
            }
            I::Native {
                to,
                native,
                operands,
            } => self.native(to, native, operands),
            other => {
                let code = self.code;
                operands::read(code, other, |source| self.need(source, &Need::All));
            }
        }
    }

    /// What `.[key]` needs of a value of whose part `need` is needed. Its errors quote the key only.
    fn index(&self, key: Source, need: Need) -> Need {
        match self.constant(key) {
            Some(Val::Str(key)) => Need::member(key, need),
            Some(Val::Num(place)) => {
                let place = place.as_f64();
                if (0.0..=LAST_PLACE).contains(&place) {
                    Need::item(place as usize, need)
                } else {
                    Need::items(need)
                }
            }
            // An array looks for its items in the value, and an object is the bounds of a slice.
            _ => Need::All,
        }
    }

    /// Need what a comparison with `other` needs: values of different kinds are ordered by their kinds.
    fn compare(&mut self, source: Source, other: Source) {
        let is_plain = |value: &Val| !matches!(value, Val::Arr(_) | Val::Obj(_));
        let need = if self.constant(other).is_some_and(is_plain) {
            Need::kind()
        } else {
            Need::All
        };
        self.need(source, &need);
    }

    fn native(&mut self, to: Register, native: u32, operands: List) {
        let operands = self.sources(operands);
        let of_input = match self.code.natives[native as usize].reads {
            Reads::All => Need::All,
            Reads::Nothing => Need::Nothing,
            Reads::NextInput => {
                let need = self.of(to);
                self.inputs.join(&need);
                Need::Nothing
            }
            Reads::Kind => Need::kind(),
            Reads::Shape => Need::shape(),
            Reads::Key => match self.constant(operands[1]) {
                Some(Val::Str(key)) => Need::member(key, Need::kind()),
                _ => Need::shape(),
            },
            Reads::Entries => Need::each(self.of(to).of_items().of_member(b"value").clone()),
            Reads::Items => Need::items_or_all(self.of(to).of_items().clone()),
            Reads::GroupedItems => {
                let need = self.of(to);
                Need::items_or_all(need.of_items().of_items().clone())
            }
            Reads::OneItem => Need::items_or_all(self.of(to)),
        };
        self.need(operands[0], &of_input);
        for argument in &operands[1..] {
            self.need(*argument, &Need::All);
        }
    }
}
