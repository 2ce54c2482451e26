//! Finds programs that take the items of their input one after the other, once, and need nothing else of it.
#![forbid(unsafe_code)]

use super::{own_code, Walk, BYTES};
use crate::builtins::Reads;
use crate::evaluation::code::{Code, Instruction as I, Register};
use crate::evaluation::source::Place;
use crate::value::Need;

/// The one instruction that reads the items of the input.
#[derive(Debug)]
pub struct Iterated {
    /// The address at which they are taken.
    pub address: usize,
    /// What is needed of the input.
    pub need: Need,
}

/// Find where a program iterates its input, within the work that pays for an input of so many bytes; `None` if it may
/// read it twice, or needs more of an array than its kind and its items.
pub fn iterated(code: &Code, bytes: usize) -> Option<Iterated> {
    let walks = bytes / BYTES / code.instructions.len();
    if walks == 0 {
        return None;
    }
    let own = &code.instructions[..own_code(code)];
    let mut begins = own.iter().enumerate().filter(|(_, each)| begins(each));
    let (begin, first) = begins.next()?;
    if begins.next().is_some() {
        return None;
    }
    let (address, to) = match *first {
        I::Each { to, .. } => (begin, to),
        _ => next_item(own, *first)?,
    };
    let is_once = own[..begin].iter().all(|before| leads_on(*before))
        && own.iter().enumerate().all(|(at, instruction)| {
            let mut instruction = *instruction;
            // The machine comes back to a fork after what follows, and then must not meet the instruction again.
            let passes = at > begin || is_fork(instruction);
            let least = if passes { begin } else { at };
            instruction
                .address_mut()
                .is_none_or(|address| *address as usize > least)
        });
    if !is_once
        || code
            .instructions
            .iter()
            .any(|each| sees_reading(code, *each))
    {
        return None;
    }
    let mut walk = Walk::new(code);
    if !walk.settle(walks, Some(begin)) || !walk.registers[0].is_of_kind() {
        return None;
    }
    let need = Need::each(walk.registers[to as usize].clone());
    Some(Iterated { address, need })
}

/// Whether an instruction begins to go through the items of the input.
fn begins(instruction: &I) -> bool {
    let (I::Each { of, .. } | I::BeginLoop { of, .. }) = instruction else {
        return false;
    };
    let is_followed = matches!(instruction, I::Each { step, .. } if step.is_followed());
    of.place() == Place::Register(0) && !is_followed
}

/// Find where the items of a loop are taken, and the register that gets them.
fn next_item(own: &[I], begin: I) -> Option<(usize, Register)> {
    let I::BeginLoop { container: all, .. } = begin else {
        return None;
    };
    own.iter().enumerate().find_map(|(at, next)| match *next {
        I::NextItem { to, container, .. } if container == all => Some((at, to)),
        _ => None,
    })
}

/// Whether the code goes on after an instruction only once, and nowhere but at its [`I::address_mut`].
fn leads_on(instruction: I) -> bool {
    matches!(
        instruction,
        I::Move { .. }
            | I::Index { .. }
            | I::Slice { .. }
            | I::Arithmetic { .. }
            | I::Compare { .. }
            | I::JumpUnlessHolds { .. }
            | I::Negate { .. }
            | I::Truth { .. }
            | I::Not { .. }
            | I::Jump { .. }
            | I::JumpUnless { .. }
            | I::JumpIf { .. }
            | I::Fork { .. }
            | I::Fail
            | I::Try { .. }
            | I::EndTry { .. }
            | I::OtherPattern { .. }
            | I::Label { .. }
            | I::Mark { .. }
            | I::Cut { .. }
            | I::Raise { .. }
            | I::NewArray { .. }
            | I::Array { .. }
            | I::Object { .. }
            | I::CheckKey { .. }
            | I::Concatenate { .. }
            | I::Native { .. }
            | I::Count { .. }
    )
}

fn is_fork(instruction: I) -> bool {
    matches!(
        instruction,
        I::Fork { .. } | I::Try { .. } | I::OtherPattern { .. }
    )
}

/// Whether an instruction reads other inputs, or sees how far the input was read.
fn sees_reading(code: &Code, instruction: I) -> bool {
    match instruction {
        I::Inputs { .. } => true,
        I::Native { native, .. } => {
            let native = code.natives[native as usize];
            native.reads == Reads::NextInput || native.name == "input_line_number"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::prelude::Prelude;
    use crate::language::program::Program;

    fn need(program: &'static str) -> Option<Need> {
        let prelude = Prelude::new();
        let program = Program::compile(&prelude, program, b"", 100).unwrap();
        iterated(&program.code, 1 << 20).map(|iterated| iterated.need)
    }

    #[test]
    fn a_program_that_takes_each_item_once_iterates_its_input() {
        for program in [
            ".[]",
            ".[]?",
            "map(.)",
            ".[] | select(.a) | {b}",
            "reduce .[] as $x (0; . + $x)",
            "foreach .[] as [$x] (0; . + $x; [., $x])",
            "add",
            "any",
            "all(.a)",
            "first(.[])",
            "limit(3; .[])",
            "isempty(.[])",
            "[.[] | .[]]",
            ".[], 1",
            "try .[] catch .",
            "first(.[] | select(.a)) // 1",
            "if type == \"array\" then .[] else 1 end",
            "1 as $x | .[] | . + $x",
            "label $out | .[] | ., break $out",
            "def f: if . > 3 then . else . + 1 | f end; .[] | f",
            "map(debug)",
            "INDEX(.id)",
            "[.[] | .a] | sort",
        ] {
            assert!(need(program).is_some(), "{program}");
        }
    }

    #[test]
    fn a_program_that_may_read_an_item_twice_or_more_than_items_does_not() {
        for program in [
            ".",
            "length",
            ".[], .[]",
            ".[] | [., input]",
            ".[], length",
            ". as $all | .[] | [., $all]",
            "(1, 2) as $x | .[] | . + $x",
            "range(2) as $x | .[]",
            "repeat(.[])",
            "def f: .[]; f, f",
            "path(.[])",
            ".[] |= 1",
            ".[] as $x | .[0]",
            "[inputs] | .[]",
            ".[] | input_line_number",
            "..",
            ".[0]",
            "keys[]",
            "def f: if . == 0 then .[] else f end; f",
            "try error catch .[]",
        ] {
            assert_eq!(need(program), None, "{program}");
        }
    }

    #[test]
    fn what_is_needed_of_items_is_read_of_them() {
        let item = need(".[] | select(.a == 1) | .b")
            .unwrap()
            .of_items()
            .clone();
        assert_eq!(item.of_member(b"b"), &Need::All);
        assert_eq!(item.of_member(b"c"), &Need::Nothing);
    }

    #[test]
    fn a_program_that_is_long_for_its_input_is_not_looked_at() {
        let program = Program::compile(&Prelude::new(), ".[]", b"", 100).unwrap();
        let instructions = program.code.instructions.len();
        assert!(iterated(&program.code, instructions * BYTES).is_some());
        assert!(iterated(&program.code, instructions * BYTES - 1).is_none());
    }
}
