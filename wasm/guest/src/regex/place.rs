//! Looks at places of a text: its characters, words, lines, and what belongs together.
#![forbid(unsafe_code)]

use super::node::Place;
use super::set::Set;
use super::unicode::of_expression;

/// How many bytes a character has that begins with a byte.
pub(super) fn width(byte: u8) -> usize {
    match byte {
        0..=0xbf => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    }
}

/// The character at a place, which must be one's first byte, and the place behind it.
pub(super) fn decode(text: &[u8], place: usize) -> (u32, usize) {
    let first = text[place];
    let end = place + width(first);
    if first < 0x80 {
        return (u32::from(first), end);
    }
    let mask = match end - place {
        2 => 0x1f,
        3 => 0x0f,
        _ => 0x07,
    };
    let rest = text.get(place + 1..end).unwrap_or_default();
    let code = rest.iter().fold(u32::from(first & mask), |code, byte| {
        code << 6 | u32::from(byte & 0x3f)
    });
    (code, end)
}

/// The place a character before another.
pub(super) fn step_back(text: &[u8], place: usize) -> usize {
    let mut place = place.saturating_sub(1);
    while place > 0 && text[place] & 0xc0 == 0x80 {
        place -= 1;
    }
    place
}

/// Whether a place is what was asked for; `from` is where the search began.
pub(super) fn holds(what: Place, text: &[u8], place: usize, from: usize) -> bool {
    let end = text.len();
    match what {
        Place::Start => place == 0,
        Place::End => place == end,
        Place::EndOrNewline => place == end || (place + 1 == end && text[place] == b'\n'),
        Place::LineStart => place == 0 || (text[place - 1] == b'\n' && place < end),
        Place::LineEnd => place == end || text[place] == b'\n',
        Place::SearchStart => place == from,
        Place::WordBoundary => is_word_before(text, place) != is_word_at(text, place),
        Place::NoWordBoundary => is_word_before(text, place) == is_word_at(text, place),
        Place::SegmentBoundary => is_segment_boundary(text, place),
        Place::NoSegmentBoundary => !is_segment_boundary(text, place),
    }
}

fn is_word_before(text: &[u8], place: usize) -> bool {
    place > 0 && is_word_at(text, step_back(text, place))
}

/// Whether the character at a place is one of a word.
fn is_word_at(text: &[u8], place: usize) -> bool {
    match text.get(place) {
        None => false,
        Some(byte @ ..0x80) => byte.is_ascii_alphanumeric() || *byte == b'_',
        Some(_) => {
            // The joiners are words for the crate only.
            let code = decode(text, place).0;
            let c = char::from_u32(code).filter(|c| !matches!(c, '\u{200c}' | '\u{200d}'));
            c.is_some_and(|c| regex_syntax::try_is_word_character(c).unwrap_or(false))
        }
    }
}

/// What a character does to the clusters around it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cluster {
    Other,
    Return,
    LineFeed,
    Control,
    Extend,
    Joiner,
    Prepend,
    Spacing,
    Regional,
    HangulL,
    HangulV,
    HangulT,
    HangulLv,
    HangulLvt,
}

thread_local! {
    /// The sets of characters by what they do, and the pictures: made when a text is first taken apart.
    static CLUSTERS: (Vec<(Cluster, Set)>, Set) = {
        let named = [
            (Cluster::Control, "Control"),
            (Cluster::Extend, "Extend"),
            (Cluster::Joiner, "ZWJ"),
            (Cluster::Prepend, "Prepend"),
            (Cluster::Spacing, "SpacingMark"),
            (Cluster::Regional, "Regional_Indicator"),
            (Cluster::HangulL, "L"),
            (Cluster::HangulV, "V"),
            (Cluster::HangulT, "T"),
            (Cluster::HangulLv, "LV"),
            (Cluster::HangulLvt, "LVT"),
        ];
        let sets = named.into_iter().filter_map(|(cluster, name)| {
            Some((cluster, of_expression(&format!("\\p{{gcb={name}}}"))?))
        });
        let pictures = of_expression("\\p{Extended_Pictographic}");
        (sets.collect(), pictures.unwrap_or_default())
    };
}

fn cluster_of(code: u32) -> Cluster {
    match code {
        13 => Cluster::Return,
        10 => Cluster::LineFeed,
        32..127 => Cluster::Other,
        _ => CLUSTERS.with(|(sets, _)| {
            let mut sets = sets.iter();
            sets.find(|(_, set)| set.has(code))
                .map_or(Cluster::Other, |(cluster, _)| *cluster)
        }),
    }
}

fn is_picture(code: u32) -> bool {
    CLUSTERS.with(|(_, pictures)| pictures.has(code))
}

/// Whether two characters that belong together are apart here (UAX 29, without the rule for conjuncts).
fn is_segment_boundary(text: &[u8], place: usize) -> bool {
    use Cluster::{
        Control, Extend, HangulL, HangulLv, HangulLvt, HangulT, HangulV, Joiner, LineFeed, Prepend,
        Regional, Return, Spacing,
    };
    if place == 0 || place >= text.len() {
        return true;
    }
    let before = step_back(text, place);
    let to_code = decode(text, place).0;
    let (from, to) = (cluster_of(decode(text, before).0), cluster_of(to_code));
    match (from, to) {
        (Return, LineFeed) => false,
        (Control | Return | LineFeed, _) | (_, Control | Return | LineFeed) => true,
        (HangulL, HangulL | HangulV | HangulLv | HangulLvt)
        | (HangulLv | HangulV, HangulV | HangulT)
        | (HangulLvt | HangulT, HangulT)
        | (_, Extend | Joiner | Spacing)
        | (Prepend, _) => false,
        (Joiner, _) if is_picture(to_code) => {
            let mut earlier = before;
            while earlier > 0 {
                earlier = step_back(text, earlier);
                let code = decode(text, earlier).0;
                if is_picture(code) {
                    return false;
                }
                if cluster_of(code) != Extend {
                    break;
                }
            }
            true
        }
        (Regional, Regional) => {
            let mut count = 0;
            let mut earlier = before;
            while earlier > 0 {
                earlier = step_back(text, earlier);
                if cluster_of(decode(text, earlier).0) != Regional {
                    break;
                }
                count += 1;
            }
            count % 2 != 0
        }
        _ => true,
    }
}
