//! Goes back to the last way that is left when a way has failed, and notes what was tried.
#![forbid(unsafe_code)]

use super::machine::{Back, Machine};
use super::place::step_back;
use super::program::Step;

/// The most bits that notes take.
const MOST_NOTES: usize = 1 << 30;

impl Machine<'_> {
    /// Take back steps up to the last way that is left, and return where it goes on.
    pub(super) fn back(&mut self) -> Option<(usize, usize)> {
        self.failures += 1;
        if self.failures == self.patience {
            self.begin_notes();
        }
        loop {
            let way = match self.memory.back.pop()? {
                Back::Way(step, place) => (step as usize, place),
                Back::Shorter(step, low, last) => match self.shorter(step as usize, low, last) {
                    Some(way) => way,
                    None => continue,
                },
                other => {
                    self.undo(other);
                    continue;
                }
            };
            if !self.noting || self.note(way.0, way.1) {
                return Some(way);
            }
        }
    }

    /// Take one character off a run.
    fn shorter(&mut self, step: usize, low: usize, last: usize) -> Option<(usize, usize)> {
        let next = match &self.program.steps[step - 1] {
            Step::Run { next, .. } => *next,
            _ => None,
        };
        let mut place = step_back(self.text, last);
        while next.is_some_and(|next| self.text.get(place) != Some(&next)) {
            if place <= low {
                return None;
            }
            place = step_back(self.text, place);
        }
        if place > low {
            self.memory
                .back
                .push(Back::Shorter(step as u32, low, place));
        }
        Some((step, place))
    }

    /// Put back what a step has changed.
    pub(super) fn undo(&mut self, change: Back) {
        match change {
            Back::Group(slot, old) => self.memory.groups[slot as usize] = old,
            Back::Register(register, old) => self.memory.registers[register as usize] = old,
            Back::Keep(old) => self.keep = old,
            Back::Frame(frame, count) => {
                self.frame = frame;
                self.memory.frames.truncate(count);
            }
            Back::Registers(frame, registers) => {
                self.frame = frame;
                self.memory.registers.copy_from_slice(&registers);
            }
            Back::Way(..) | Back::Shorter(..) => {}
        }
    }

    /// Make room for notes.
    fn begin_notes(&mut self) {
        let places = self.text.len() + 1;
        let bits = self
            .program
            .way_count
            .saturating_mul(self.levels)
            .saturating_mul(places);
        if self.program.ways.is_some() && !self.choice.longest && bits <= MOST_NOTES {
            self.memory.notes.clear();
            self.memory.notes.resize(bits / 64 + 1, 0);
            self.noting = true;
        }
    }

    /// Note that a step is tried at a place; false if it was before.
    pub(super) fn note(&mut self, step: usize, place: usize) -> bool {
        let Some(way) = self.program.ways.as_ref().map(|ways| ways[step]) else {
            return true;
        };
        if way == u32::MAX {
            return true;
        }
        let inside = self
            .program
            .inside
            .get(step)
            .map_or(0, |list| usize::from(*list));
        let loops = &self.program.loops[inside];
        let registers = &self.memory.registers;
        let level = loops
            .iter()
            .filter(|register| registers[**register] == place)
            .count();
        let row = way as usize * self.levels + level;
        let bit = row * (self.text.len() + 1) + place;
        let word = &mut self.memory.notes[bit / 64];
        let mask = 1 << (bit % 64);
        let new = *word & mask == 0;
        *word |= mask;
        new
    }
}
