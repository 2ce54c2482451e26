//! Knows which characters, and sequences of characters, are the same when case is ignored.
#![forbid(unsafe_code)]

use super::set::Set;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// What Unicode folds into more than one character (status F of CaseFolding.txt).
#[rustfmt::skip]
const SEQUENCES: [(char, &str); 104] = [
    ('ß', "ss"),
    ('İ', "i\u{307}"),
    ('ŉ', "ʼn"),
    ('ǰ', "j\u{30c}"),
    ('ΐ', "ι\u{308}\u{301}"),
    ('ΰ', "υ\u{308}\u{301}"),
    ('և', "եւ"),
    ('ẖ', "h\u{331}"),
    ('ẗ', "t\u{308}"),
    ('ẘ', "w\u{30a}"),
    ('ẙ', "y\u{30a}"),
    ('ẚ', "aʾ"),
    ('ẞ', "ss"),
    ('ὐ', "υ\u{313}"),
    ('ὒ', "υ\u{313}\u{300}"),
    ('ὔ', "υ\u{313}\u{301}"),
    ('ὖ', "υ\u{313}\u{342}"),
    ('ᾀ', "ἀι"),
    ('ᾁ', "ἁι"),
    ('ᾂ', "ἂι"),
    ('ᾃ', "ἃι"),
    ('ᾄ', "ἄι"),
    ('ᾅ', "ἅι"),
    ('ᾆ', "ἆι"),
    ('ᾇ', "ἇι"),
    ('ᾈ', "ἀι"),
    ('ᾉ', "ἁι"),
    ('ᾊ', "ἂι"),
    ('ᾋ', "ἃι"),
    ('ᾌ', "ἄι"),
    ('ᾍ', "ἅι"),
    ('ᾎ', "ἆι"),
    ('ᾏ', "ἇι"),
    ('ᾐ', "ἠι"),
    ('ᾑ', "ἡι"),
    ('ᾒ', "ἢι"),
    ('ᾓ', "ἣι"),
    ('ᾔ', "ἤι"),
    ('ᾕ', "ἥι"),
    ('ᾖ', "ἦι"),
    ('ᾗ', "ἧι"),
    ('ᾘ', "ἠι"),
    ('ᾙ', "ἡι"),
    ('ᾚ', "ἢι"),
    ('ᾛ', "ἣι"),
    ('ᾜ', "ἤι"),
    ('ᾝ', "ἥι"),
    ('ᾞ', "ἦι"),
    ('ᾟ', "ἧι"),
    ('ᾠ', "ὠι"),
    ('ᾡ', "ὡι"),
    ('ᾢ', "ὢι"),
    ('ᾣ', "ὣι"),
    ('ᾤ', "ὤι"),
    ('ᾥ', "ὥι"),
    ('ᾦ', "ὦι"),
    ('ᾧ', "ὧι"),
    ('ᾨ', "ὠι"),
    ('ᾩ', "ὡι"),
    ('ᾪ', "ὢι"),
    ('ᾫ', "ὣι"),
    ('ᾬ', "ὤι"),
    ('ᾭ', "ὥι"),
    ('ᾮ', "ὦι"),
    ('ᾯ', "ὧι"),
    ('ᾲ', "ὰι"),
    ('ᾳ', "αι"),
    ('ᾴ', "άι"),
    ('ᾶ', "α\u{342}"),
    ('ᾷ', "α\u{342}ι"),
    ('ᾼ', "αι"),
    ('ῂ', "ὴι"),
    ('ῃ', "ηι"),
    ('ῄ', "ήι"),
    ('ῆ', "η\u{342}"),
    ('ῇ', "η\u{342}ι"),
    ('ῌ', "ηι"),
    ('ῒ', "ι\u{308}\u{300}"),
    ('ΐ', "ι\u{308}\u{301}"),
    ('ῖ', "ι\u{342}"),
    ('ῗ', "ι\u{308}\u{342}"),
    ('ῢ', "υ\u{308}\u{300}"),
    ('ΰ', "υ\u{308}\u{301}"),
    ('ῤ', "ρ\u{313}"),
    ('ῦ', "υ\u{342}"),
    ('ῧ', "υ\u{308}\u{342}"),
    ('ῲ', "ὼι"),
    ('ῳ', "ωι"),
    ('ῴ', "ώι"),
    ('ῶ', "ω\u{342}"),
    ('ῷ', "ω\u{342}ι"),
    ('ῼ', "ωι"),
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
    ('\u{fb05}', "st"),
    ('\u{fb06}', "st"),
    ('\u{fb13}', "մն"),
    ('\u{fb14}', "մե"),
    ('\u{fb15}', "մի"),
    ('\u{fb16}', "վն"),
    ('\u{fb17}', "մխ"),
];

/// The characters that are the same as `code` when case is ignored, itself among them.
pub(super) fn variants(code: u32) -> Set {
    let mut set = Set::default();
    set.add(code, code);
    add_variants(&mut set);
    if let Some(sequence) = sequence_of(code) {
        for source in sources(sequence) {
            set.add(source, source);
        }
    }
    set.settle();
    set
}

/// The characters of `sequence`, each with its variants.
pub(super) fn variants_of_each(sequence: &str) -> Vec<Set> {
    sequence.chars().map(|c| variants(u32::from(c))).collect()
}

/// Add the variants of all characters of a set.
pub(super) fn add_variants(set: &mut Set) {
    let letters = set.ascii_letters();
    if !letters.is_empty() {
        for letter in letters {
            let upper = u32::from(letter.to_ascii_uppercase());
            let lower = u32::from(letter.to_ascii_lowercase());
            set.add(upper, upper);
            set.add(lower, lower);
            match letter {
                b'k' | b'K' => set.add(0x212a, 0x212a),
                b's' | b'S' => set.add(0x17f, 0x17f),
                _ => {}
            }
        }
    }
    let wide = set.wide().iter().filter_map(|&(low, high)| {
        Some(ClassUnicodeRange::new(
            char::from_u32(low)?,
            char::from_u32(high)?,
        ))
    });
    let mut class = ClassUnicode::new(wide);
    if !class.ranges().is_empty() && class.try_case_fold_simple().is_ok() {
        for range in class.ranges() {
            set.add(u32::from(range.start()), u32::from(range.end()));
        }
    }
    set.settle();
}

/// The sequence that a character folds into, where that is more than one.
pub(super) fn sequence_of(code: u32) -> Option<&'static str> {
    let place = SEQUENCES.binary_search_by_key(&code, |(c, _)| u32::from(*c));
    place.ok().map(|place| SEQUENCES[place].1)
}

/// The characters that fold into a sequence.
pub(super) fn sources(sequence: &str) -> impl Iterator<Item = u32> + '_ {
    let equal = SEQUENCES
        .iter()
        .filter(move |(_, other)| *other == sequence);
    equal.map(|(c, _)| u32::from(*c))
}

/// All sequences, with a character that folds into each.
pub(super) fn sequences() -> impl Iterator<Item = (u32, &'static str)> {
    SEQUENCES
        .iter()
        .map(|(c, sequence)| (u32::from(*c), *sequence))
}

/// The sequence of `length` characters that the first of `codes` are when case is ignored.
pub(super) fn sequence_at(codes: &[u32], length: usize) -> Option<&'static str> {
    let codes = codes.get(..length)?;
    let mut sequences = sequences().map(|(_, sequence)| sequence);
    sequences.find(|sequence| {
        sequence.chars().count() == length
            && sequence
                .chars()
                .zip(codes)
                .all(|(c, code)| same_simply(u32::from(c), *code))
    })
}

/// Whether two characters fold into the same character.
fn same_simply(left: u32, right: u32) -> bool {
    if left == right {
        return true;
    }
    if left < 128 && right < 128 {
        return (left | 32) == (right | 32) && (left | 32).wrapping_sub(97) < 26;
    }
    let mut set = Set::default();
    set.add(right, right);
    add_variants(&mut set);
    set.has(left)
}

/// Whether two characters are the same when case is ignored.
pub(super) fn same(left: u32, right: u32) -> bool {
    left == right || variants(left).has(right)
}
