//! Reading what is needed of a text, against reading all of it: drawn texts, right and wrong, and drawn needs.

use jq_magic_guest::json::reader::Reader;
use jq_magic_guest::value::{Map, Need, Val};

const TEXTS: u32 = 60_000;
const DEPTH: usize = 5;
/// Scalars as texts write them: numbers in all forms, strings with escapes, without an end, with bytes that are not UTF-8.
const SCALARS: [&[u8]; 34] = [
    b"0",
    b"-0",
    b"12",
    b"-1.50",
    b"1e3",
    b"1E+400",
    b"123456789012345678901",
    b"nan",
    b"-Infinity",
    b".5",
    b"1.",
    b"+1",
    b"007",
    b"1e",
    b"-",
    b"1.5.5",
    b"1a",
    b"true",
    b"false",
    b"null",
    b"tru",
    b"nul",
    b"x",
    b"\"\"",
    b"\"abc\"",
    b"\"a long string that fills more than two words\"",
    b"\"\\n\\u0041\\ud83d\\ude00\"",
    b"\"\\ud83d\"",
    b"\"\\x\"",
    b"\"\\u12\"",
    b"\"a\nb\"",
    b"\"a\xff\xc3\xa9b\"",
    b"\"\xc3\xa9\"",
    b"\"ab",
];
const KEYS: [&[u8]; 9] = [
    b"\"a\"",
    b"\"b\"",
    b"\"c\"",
    b"\"\\u0061\"",
    b"\"\xc3\xa9\"",
    b"\"\xff\"",
    b"\"\"",
    b"a",
    b"\"a",
];
const NAMES: [&str; 6] = ["a", "b", "c", "é", "\u{fffd}", ""];
const SPACES: [&[u8]; 6] = [b"", b"", b"", b" ", b"\n\t", b"            "];

/// Numbers that look drawn, the same in every run (Marsaglia's xorshift64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// One of the first, most often, so that most texts are right.
    fn mostly<T: Copy>(&mut self, all: &[T], first: usize) -> T {
        let limit = if self.below(40) == 0 {
            all.len()
        } else {
            first
        };
        all[self.below(limit)]
    }

    fn space(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.one_of(&SPACES));
    }

    fn value(&mut self, level: usize, out: &mut Vec<u8>) {
        let kind = self.below(if level > DEPTH { 3 } else { 5 });
        if kind < 2 {
            let at = self.below(40);
            let right = at > 0;
            let scalar = loop {
                let scalar = self.one_of(&SCALARS);
                if !right || is_right(scalar) {
                    break scalar;
                }
            };
            out.extend_from_slice(scalar);
            return;
        }
        let is_object = kind != 3;
        out.push(if is_object { b'{' } else { b'[' });
        self.space(out);
        for place in 0..self.below(4) {
            if place > 0 {
                out.extend_from_slice(self.mostly(&[b",", b";", b",,", b""], 1));
                self.space(out);
            }
            if is_object {
                out.extend_from_slice(self.mostly(&KEYS, 7));
                self.space(out);
                out.extend_from_slice(self.mostly(&[b":", b"", b"="], 1));
                self.space(out);
            }
            self.value(level + 1, out);
            self.space(out);
        }
        let close: [&[u8]; 4] = if is_object {
            [b"}", b"]", b"", b",}"]
        } else {
            [b"]", b"}", b"", b",]"]
        };
        out.extend_from_slice(self.mostly(&close, 1));
    }

    fn need(&mut self, level: usize) -> Need {
        let mut need = Need::default();
        for _ in 0..1 + self.below(3) {
            let below = |draw: &mut Self| {
                if level > 3 {
                    Need::All
                } else {
                    draw.need(level + 1)
                }
            };
            let other = match self.below(9) {
                0 => Need::All,
                1 => Need::Nothing,
                2 => Need::kind(),
                3 => Need::shape(),
                4 => Need::each(below(self)),
                5 => Need::items(below(self)),
                6 => Need::item(self.below(3), below(self)),
                _ => Need::member(self.one_of(&NAMES).as_bytes(), below(self)),
            };
            need.join(&other);
        }
        need
    }
}

fn is_right(scalar: &[u8]) -> bool {
    let text: &'static [u8] = scalar.to_vec().leak();
    let mut reader = Reader::new(text, DEPTH);
    matches!(reader.next_text(), Some(Ok(_))) && reader.next_text().is_none()
}

/// What is left of a value for a need.
fn pruned(value: &Val, need: &Need) -> Val {
    let Need::Part(part) = need else {
        let is_all = *need == Need::All;
        return if is_all { value.clone() } else { Val::Null };
    };
    match value {
        Val::Arr(items) => {
            let items = items.iter().enumerate();
            let items = items.filter(|(place, _)| need.has_item(*place));
            items
                .map(|(place, item)| pruned(item, need.of_item(place)))
                .collect()
        }
        Val::Obj(members) => {
            let mut left = Map::default();
            for (key, member) in members.iter() {
                let of_member = part.member(key.as_str().unwrap());
                if part.shape || *of_member != Need::Nothing {
                    left.insert(key.clone(), pruned(member, of_member));
                }
            }
            Val::obj(left)
        }
        other => other.clone(),
    }
}

#[test]
fn what_is_needed_of_a_text_is_a_part_of_all_of_it_and_mistakes_are_the_same() {
    let mut draw = Draw(0x2545_f491_4f6c_dd1d);
    let [mut right, mut wrong, mut smaller] = [0; 3];
    for _ in 0..TEXTS {
        let mut text = Vec::new();
        draw.value(0, &mut text);
        draw.space(&mut text);
        text.extend_from_slice(
            draw.mostly(&[b"", b" 1", b"x", b"]", b"[1]", b",", b"\"", b"tru"], 2),
        );
        let need = draw.need(0);
        let shown = String::from_utf8_lossy(&text).into_owned();
        let text: &'static [u8] = text.leak();
        let (mut whole, mut part) = (Reader::new(text, DEPTH), Reader::new(text, DEPTH));
        loop {
            let (all, some) = (whole.next_text(), part.next_needed(&need));
            let place = format!("{need:?} of {shown}");
            assert_eq!(whole.offset(), part.offset(), "{place}");
            match (all, some) {
                (Some(Ok(all)), Some(Ok(some))) => {
                    let expected = pruned(&all, &need);
                    assert_eq!(some.to_string(), expected.to_string(), "{place}");
                    right += 1;
                    smaller += u32::from(some.to_string() != all.to_string());
                }
                (Some(Err(all)), Some(Err(some))) => {
                    assert_eq!(all, some, "{place}");
                    wrong += 1;
                    break;
                }
                (None, None) => break,
                (all, some) => panic!("{all:?} and {some:?} for {place}"),
            }
        }
    }
    // None of the three was rare.
    assert!(
        right > TEXTS / 4 && wrong > TEXTS / 10 && smaller > TEXTS / 8,
        "{right} {wrong} {smaller}"
    );
}
