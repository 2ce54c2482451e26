//! Holds the texts that the host passes, the program's and those of modules, and finds what an import means.
//!
//! Files have names only: the paths that jq's linker would open (`linker.c` of jq 1.8.2), looked up in what the host
//! passed.
#![forbid(unsafe_code)]

use super::parser::Import;
use crate::run::fault::Fault;
use crate::value::Val;
use std::collections::BTreeMap;

/// What `$__loc__` calls the program.
const TOP_LEVEL: &str = "<top-level>";

/// A text that is parsed: the program, or a module.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path, which `$__loc__` outputs.
    pub name: &'static str,
    /// The texts of all files, cut at the end of this one: places are offsets in all.
    pub source: &'static str,
    /// Where this one begins.
    pub start: usize,
}

impl File {
    /// Take a text that is the program.
    pub fn program(source: &'static str) -> Self {
        Self {
            name: TOP_LEVEL,
            source,
            start: 0,
        }
    }

    /// Say what it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.name {
            TOP_LEVEL => "program",
            _ => "module",
        }
    }

    /// Its text alone.
    pub fn text(&self) -> &'static str {
        &self.source[self.start..]
    }
}

/// The files of modules, by their paths.
#[derive(Default)]
pub struct Files {
    files: BTreeMap<String, File>,
    /// The directories in which imports are looked for.
    search: Vec<String>,
    /// The directory of the program; empty for where the run was started.
    pub origin: String,
}

/// Where an import was looked for in vain.
pub struct Missing {
    /// What is wrong.
    pub message: String,
    /// The paths.
    pub candidates: Vec<String>,
}

impl Files {
    /// Take the texts apart: `source` holds the program and the modules, one after another, and `passed` says which,
    /// as the top of the crate that guests share has it.
    ///
    /// # Errors
    /// `passed` is not as it must be.
    pub fn new(source: &'static str, passed: &Val) -> Result<(File, Self), Fault> {
        let Val::Obj(members) = passed else {
            return Ok((File::program(source), Self::default()));
        };
        let member = |name: &str| members.get_named(name.as_bytes());
        let items = |name| match member(name) {
            Some(Val::Arr(items)) => &items[..],
            _ => &[],
        };
        let mut files = Self {
            search: items("search").iter().filter_map(string).collect(),
            origin: member("origin").and_then(string).unwrap_or_default(),
            ..Self::default()
        };
        let mut end = source.len();
        for entry in items("files").iter().rev() {
            let (name, length) = match entry {
                Val::Arr(pair) => (pair.first().and_then(string), pair.get(1)),
                _ => (None, None),
            };
            let length = length.and_then(Val::as_num).map(|length| length.as_f64());
            let start = length.and_then(|length| end.checked_sub(length as usize));
            let (Some(name), Some(start)) = (name, start) else {
                return Err(misfit());
            };
            if !source.is_char_boundary(start) {
                return Err(misfit());
            }
            // Names live as long as the instance, as texts do.
            let file = File {
                name: Box::leak(name.into_boxed_str()),
                source: &source[..end],
                start,
            };
            files.files.insert(normal(file.name), file);
            end = start;
        }
        Ok((File::program(&source[..end]), files))
    }

    /// The directories in which imports are looked for, as `get_search_list` outputs them.
    pub fn search(&self) -> &[String] {
        &self.search
    }

    /// Find what an import in a file of the directory `origin` means.
    ///
    /// # Errors
    /// The path is none, or no file has it.
    pub fn find(&self, import: &Import, origin: &str) -> Result<File, Missing> {
        let suffix = if import.is_data { ".json" } else { ".jq" };
        let search = import.metadata.get_named(b"search");
        let directories = search.map(|search| directories(search, origin));
        self.look(
            &import.path,
            directories.as_deref().unwrap_or(&self.search),
            suffix,
        )
    }

    /// Find the module of a path that is not written in an import.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn module(&self, path: &str) -> Result<File, Missing> {
        self.look(path, &self.search, ".jq")
    }

    fn look(&self, path: &str, directories: &[String], suffix: &str) -> Result<File, Missing> {
        if let Some(message) = complaint(path) {
            let candidates = Vec::new();
            return Err(Missing {
                message,
                candidates,
            });
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        let mut candidates = Vec::new();
        for directory in directories.iter().filter(|name| !name.is_empty()) {
            for name in [
                format!("{directory}/{path}{suffix}"),
                format!("{directory}/{path}/jq/main{suffix}"),
                format!("{directory}/{path}/{last}{suffix}"),
            ] {
                let name = normal(&name);
                if let Some(file) = self.files.get(&name) {
                    return Ok(*file);
                }
                candidates.push(name);
            }
        }
        let message = format!("module not found: {path}");
        Err(Missing {
            message,
            candidates,
        })
    }
}

fn misfit() -> Fault {
    Fault::Program {
        message: "the modules are not laid out as they must be".into(),
        span: 0..0,
        hint: None,
    }
}

fn string(value: &Val) -> Option<String> {
    let text = value.as_str()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// Make directories of the `search` of an import. As in jq, `.` is where the run was started and not where the import
/// stands. Of the directories that jq knows by itself, home and its own, a sandbox has none.
fn directories(search: &Val, origin: &str) -> Vec<String> {
    let items = match search {
        Val::Arr(items) => &items[..],
        item => core::slice::from_ref(item),
    };
    let items = items.iter().filter_map(string);
    items
        .filter(|item| !item.starts_with('~') && !item.starts_with("$ORIGIN/"))
        .map(|item| {
            if item == "." || item.starts_with('/') || origin.is_empty() {
                item
            } else {
                format!("{origin}/{item}")
            }
        })
        .collect()
}

/// Say what is wrong with the path of an import.
fn complaint(path: &str) -> Option<String> {
    if path.contains('\0') {
        return Some("Module path contains a NUL byte".into());
    }
    if path.contains('\\') {
        return Some(format!(
            "Modules must be named by relative paths using '/', not '\\' ({path})"
        ));
    }
    let mut before = None;
    for part in path.split('/') {
        if part == ".." {
            return Some(format!(
                "Relative paths to modules may not traverse to parent directories ({path})"
            ));
        }
        if before == Some(part) {
            return Some(format!(
                "module names must not have equal consecutive components: {path}"
            ));
        }
        before = Some(part);
    }
    None
}

/// The directory of a file.
pub fn directory(path: &str) -> String {
    let path = normal(path);
    match path.rsplit_once('/') {
        Some(("", _)) => "/".into(),
        Some((directory, _)) => directory.into(),
        None => ".".into(),
    }
}

/// Write a path without `.`, without `..` but at its beginning, and without empty parts.
fn normal(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        for (path, form) in [
            ("./a.jq", "a.jq"),
            ("c/./../lib//jq/e.jq", "lib/jq/e.jq"),
            ("../../a", "../../a"),
            ("../a/../../b", "../../b"),
            ("/../a/b/../c", "/a/c"),
            (".", ""),
        ] {
            assert_eq!(normal(path), form, "{path}");
        }
    }

    #[test]
    fn a_file_is_in_a_directory() {
        for (path, name) in [
            ("a.jq", "."),
            ("b/a.jq", "b"),
            ("/a.jq", "/"),
            ("../a.jq", ".."),
        ] {
            assert_eq!(directory(path), name, "{path}");
        }
    }

    #[test]
    fn paths_of_imports_stay_below_the_directories_that_are_searched() {
        for path in ["..", "a/../b", "a\\b", "a/a", "a\0", "a//b//c/c"] {
            assert!(complaint(path).is_some(), "{path}");
        }
        for path in ["a", "a/b/a", "/a", "", "a/..b", "a//b"] {
            assert_eq!(complaint(path), None, "{path}");
        }
    }
}
