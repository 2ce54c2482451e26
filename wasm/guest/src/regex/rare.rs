//! Runs the steps that few expressions have.
#![forbid(unsafe_code)]

use super::fold;
use super::machine::{Back, Choice, Frame, Machine, Memory, NOWHERE};
use super::node::ENDLESS;
use super::place::{decode, step_back};
use super::program::{Program, Step};

impl Machine<'_> {
    /// Run a step that is rare, and return where it goes on.
    pub(super) fn rare(
        &mut self,
        what: &Step,
        step: usize,
        place: usize,
    ) -> Option<(usize, usize)> {
        match what {
            Step::Here { register, groups } => {
                self.set_register(*register, place);
                for (number, group) in groups.iter().enumerate() {
                    let (start, end) = self.places_of(*group);
                    self.set_register(register + 1 + 2 * number, start);
                    self.set_register(register + 2 + 2 * number, end);
                }
            }
            Step::IfEmpty {
                register,
                groups,
                leave,
            } => {
                if self.memory.registers[*register] == place && !self.changed(*register, groups) {
                    return Some((*leave, place));
                }
            }
            Step::Forget(group) => self.set_group(2 * group + 1, NOWHERE),
            Step::Zero(register) => self.set_register(*register, 0),
            Step::Count {
                register,
                least,
                most,
                greedy,
                body,
            } => {
                let count = self.memory.registers[*register] + 1;
                self.set_register(*register, count);
                if count < *least as usize {
                    return Some((*body, place));
                }
                if *most == ENDLESS || count < *most as usize {
                    let (first, second) = if *greedy {
                        (*body, step + 1)
                    } else {
                        (step + 1, *body)
                    };
                    self.push_way(second, place);
                    return Some((first, place));
                }
            }
            Step::Mark(register) => {
                self.set_register(register + 1, place);
                self.set_register(*register, self.memory.back.len() + 1);
            }
            Step::Cut { register, back } => {
                let place_before = self.memory.registers[register + 1];
                self.cut(self.memory.registers[*register]);
                if *back {
                    return Some((step + 1, place_before));
                }
            }
            Step::CutAndFail(register) => {
                let height = self.memory.registers[*register];
                while self.memory.back.len() > height {
                    if let Some(change) = self.memory.back.pop() {
                        self.undo(change);
                    }
                }
                // The way that leads behind the look goes too.
                self.memory.back.pop();
                return None;
            }
            Step::Back(count) => {
                let mut place = place;
                for _ in 0..*count {
                    if place == 0 {
                        return None;
                    }
                    place = step_back(self.text, place);
                }
                return Some((step + 1, place));
            }
            Step::Backref { groups, fold } => {
                let mut ends = groups
                    .iter()
                    .map(|group| self.after_group(*group, *fold, place));
                let end = ends.find_map(|end| end)?;
                return Some((step + 1, end));
            }
            Step::Captured(groups) => {
                let mut groups = groups.iter().map(|group| self.places_of(*group));
                if !groups.any(|(_, end)| end != NOWHERE) {
                    return None;
                }
            }
            Step::Call(to) => {
                let frames = self.memory.frames.len();
                self.memory.back.push(Back::Frame(self.frame, frames));
                self.memory.frames.push(Frame {
                    to: step + 1,
                    registers: self.memory.registers.as_slice().into(),
                    around: self.frame,
                });
                self.frame = frames;
                return Some((*to, place));
            }
            Step::Return => {
                let registers = self.memory.registers.as_slice().into();
                self.memory
                    .back
                    .push(Back::Registers(self.frame, registers));
                let frame = &self.memory.frames[self.frame];
                self.memory.registers.copy_from_slice(&frame.registers);
                self.frame = frame.around;
                return Some((frame.to, place));
            }
            Step::Keep => {
                self.memory.back.push(Back::Keep(self.keep));
                self.keep = place;
            }
            Step::Absent(program) => {
                let end = self.first_match(program, place);
                if end > place {
                    self.memory
                        .back
                        .push(Back::Shorter(step as u32 + 1, place, end));
                }
                return Some((step + 1, end));
            }
            _ => return None,
        }
        Some((step + 1, place))
    }

    /// Where a group stands.
    fn places_of(&self, group: usize) -> (usize, usize) {
        (
            self.memory.groups[2 * group],
            self.memory.groups[2 * group + 1],
        )
    }

    /// Whether a group has changed since its places were stored behind a register.
    fn changed(&self, register: usize, groups: &[usize]) -> bool {
        groups.iter().enumerate().any(|(number, group)| {
            let (start, end) = self.places_of(*group);
            let old_start = self.memory.registers[register + 1 + 2 * number];
            let old_end = self.memory.registers[register + 2 + 2 * number];
            let same = (old_start, old_end) == (start, end);
            let both_empty = start == end && old_start == old_end && old_end != NOWHERE;
            !same && !both_empty
        })
    }

    /// Forget the ways above a height, and keep what must be put back.
    fn cut(&mut self, height: usize) {
        let back = &mut self.memory.back;
        let height = height.min(back.len());
        let mut to = height;
        for from in height..back.len() {
            if !matches!(back[from], Back::Way(..) | Back::Shorter(..)) {
                back.swap(to, from);
                to += 1;
            }
        }
        back.truncate(to);
    }

    /// Match at a place what a group has matched, and return the place behind it.
    fn after_group(&self, group: usize, ignore_case: bool, place: usize) -> Option<usize> {
        let (start, end) = self.places_of(group);
        if start == NOWHERE || end == NOWHERE {
            return None;
        }
        if end <= start {
            return Some(place);
        }
        let rest = &self.text[place..];
        let length = end - start;
        if rest.len() < length {
            return None;
        }
        if rest[..length] == self.text[start..end] {
            return Some(place + length);
        }
        if !ignore_case {
            return None;
        }
        let (mut left, mut right) = (start, place);
        while left < end {
            if right >= self.text.len() {
                return None;
            }
            let (code, after_left) = decode(self.text, left);
            let (other, after_right) = decode(self.text, right);
            if !fold::same(code, other) {
                return None;
            }
            (left, right) = (after_left, after_right);
        }
        Some(right)
    }

    /// Where an expression matches first, or the end of the text.
    fn first_match(&self, program: &Program, place: usize) -> usize {
        let mut memory = Memory::default();
        let mut machine = Machine::new(program, self.text, Choice::default(), &mut memory);
        machine.from = self.from;
        let mut place = place;
        loop {
            if machine.run_at(place).is_some() || place >= self.text.len() {
                return place;
            }
            place = decode(self.text, place).1;
        }
    }
}
