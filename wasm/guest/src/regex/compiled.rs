//! Compiles an expression with its flags, and finds its matches in a text.
#![forbid(unsafe_code)]

use super::compile::compile as steps_of;
use super::machine::{Choice, Machine, Memory, NOWHERE};
use super::parser::{parse, Options};
use super::program::Program;
use crate::value::{Error, Val};
use std::cell::RefCell;
use std::rc::Rc;

/// An expression, compiled with its flags.
#[derive(Clone)]
pub struct Compiled {
    program: Rc<Program>,
    memory: Rc<RefCell<Memory>>,
    /// The names of the groups after group 0.
    pub(crate) names: Rc<[Option<Val>]>,
    /// Flag `g`: [`Self::each`] finds all matches, not just the first.
    global: bool,
    /// Flags `l` and `n`.
    choice: Choice,
}

/// Where the groups of a match stand, group 0 first.
pub type Groups = Vec<Option<(usize, usize)>>;

/// Compile `pattern`; `ascii` says that it meets texts of ASCII only.
pub(super) fn compile(pattern: &str, flags: &str, ascii: bool) -> Result<Compiled, Error> {
    let mut global = false;
    let mut choice = Choice::default();
    let mut options = Options {
        fold: false,
        extended: false,
        dot_all: false,
        single_line: true,
    };
    for flag in flags.chars() {
        match flag {
            'g' => global = true,
            'n' => choice.not_empty = true,
            'i' => options.fold = true,
            'x' => options.extended = true,
            'm' | 'p' => options.dot_all = true,
            'l' => choice.longest = true,
            // `^` and `$` are the ends of the text, as they are without this flag.
            's' => {}
            _ => {
                return Err(Error::str(format_args!(
                    "{flags} is not a valid modifier string"
                )))
            }
        }
    }
    // Which look-behinds are refused does not depend on the text.
    let ascii = ascii && !pattern.contains("(?<");
    let parsed = parse(pattern, options, ascii);
    let compiled = parsed.and_then(|parsed| Ok((steps_of(&parsed)?, parsed.names)));
    let (program, named) =
        compiled.map_err(|fault| Error::str(format_args!("Regex failure: {}", fault.0)))?;
    let mut names = vec![None; program.groups - 1];
    for (name, groups) in named {
        for group in groups {
            names[group - 1] = Some(Val::from(name.clone()));
        }
    }
    Ok(Compiled {
        program: Rc::new(program),
        memory: Rc::default(),
        names: names.into(),
        global,
        choice,
    })
}

impl Compiled {
    /// Call `f` with each match until it returns false.
    pub fn each(&self, text: &str, mut f: impl FnMut(Groups) -> bool) {
        // The memory is ours until the last match was found: `f` runs no filter.
        let Ok(mut memory) = self.memory.try_borrow_mut() else {
            return;
        };
        let mut from = 0;
        let mut machine = Machine::new(&self.program, text.as_bytes(), self.choice, &mut memory);
        while machine.find(from) {
            let groups: Groups = machine
                .groups()
                .chunks_exact(2)
                .map(|place| (place[1] != NOWHERE).then(|| (place[0], place[1])))
                .collect();
            let (start, end) = groups.first().copied().flatten().unwrap_or((from, from));
            if !(f(groups) && self.global) {
                return;
            }
            // After an empty match, search on behind the next character: at the same place it would match again.
            let step = text[end..].chars().next().map_or(1, char::len_utf8);
            from = if start == end { end + step } else { end };
            if from > text.len() {
                break;
            }
        }
    }
}
