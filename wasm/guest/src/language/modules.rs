//! Loads the modules that a program imports, and those that they import.
#![forbid(unsafe_code)]

use super::files::{directory, File, Files};
use super::parser::{definitions, header, Import};
use super::prelude::Prelude;
use super::suggest;
use super::term::Definition;
use super::Known;
use crate::json::reader::Reader;
use crate::run::fault::Fault;
use crate::value::Val;
use std::collections::BTreeMap;

/// How deep imports may nest.
const DEEPEST: usize = 100;

/// A module.
pub struct Module {
    /// What it defines.
    pub definitions: &'static [Definition],
    /// What it imports.
    pub imports: Vec<Bound>,
}

/// What an import binds.
pub enum Bound {
    /// The definitions of a module, by its index, under names that begin with the prefix and `::`.
    Module(Option<&'static str>, usize),
    /// A value under two names, each with its dollar: `$name` and `$name::name`.
    Data([&'static str; 2], Val),
}

/// Loads modules, each once.
pub struct Loader<'l> {
    files: &'l Files,
    prelude: &'l Prelude,
    globals: &'l [(&'static str, Val)],
    depth: usize,
    /// The modules; those that one imports come before it.
    pub modules: Vec<Module>,
    /// The modules by the offsets of their texts.
    loaded: BTreeMap<usize, usize>,
    /// The modules that are being loaded, each imported by the one before it.
    open: Vec<File>,
}

impl<'l> Loader<'l> {
    /// Prepare to load modules, which see the built-ins and the variables `globals`.
    pub fn new(
        files: &'l Files,
        prelude: &'l Prelude,
        globals: &'l [(&'static str, Val)],
        depth: usize,
    ) -> Self {
        Self {
            files,
            prelude,
            globals,
            depth,
            modules: Vec::new(),
            loaded: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Load what a file in the directory `origin` imports.
    ///
    /// # Errors
    /// What is imported is not there, is no module or no JSON, or imports itself.
    pub fn imports(&mut self, imports: &[Import], origin: &str) -> Result<Vec<Bound>, Fault> {
        let mut all = Vec::new();
        for import in imports {
            match self.files.find(import, origin) {
                Ok(file) => all.push(self.import(import, file)?),
                Err(_) if import.has("optional") => {}
                Err(missing) => {
                    return Err(Fault::Missing {
                        message: missing.message,
                        span: range(import),
                        candidates: missing.candidates,
                    })
                }
            }
        }
        Ok(all)
    }

    fn import(&mut self, import: &Import, file: File) -> Result<Bound, Fault> {
        let Some(name) = import.name.filter(|_| import.is_data) else {
            return Ok(Bound::Module(import.name, self.module(import, file)?));
        };
        let value = if import.has("raw") {
            Val::from(file.text())
        } else {
            self.data(file)?
        };
        // Names live as long as the instance.
        let leaked = |name: String| -> &'static str { Box::leak(name.into_boxed_str()) };
        let names = [
            leaked(format!("${name}")),
            leaked(format!("${name}::{name}")),
        ];
        Ok(Bound::Data(names, value))
    }

    /// Read the JSON texts of a file.
    fn data(&self, file: File) -> Result<Val, Fault> {
        let mut reader = Reader::new(file.text().as_bytes(), self.depth);
        let mut values = Vec::new();
        while let Some(next) = reader.next_text() {
            values.push(next.map_err(|error| {
                let at = file.start + error.offset;
                Fault::Program {
                    message: format!("the data is not JSON: {}", error.cause.message()),
                    span: at..at,
                    hint: None,
                }
            })?);
        }
        Ok(values.into_iter().collect())
    }

    /// Load a module, unless it is loaded already, and return its index.
    fn module(&mut self, import: &Import, file: File) -> Result<usize, Fault> {
        if let Some(index) = self.loaded.get(&file.start) {
            return Ok(*index);
        }
        let fault = |message| Fault::Program {
            message,
            span: range(import),
            hint: None,
        };
        let is_same = |open: &File| core::ptr::eq(open.name, file.name);
        if let Some(at) = self.open.iter().position(is_same) {
            let chain = self.open[at..].iter().chain([&file]);
            let names: Vec<_> = chain.map(|file| file.name).collect();
            let message = format!("circular import: {}", names.join(" imports "));
            return Err(fault(message));
        }
        if self.open.len() == DEEPEST {
            return Err(fault(format!("imports nest deeper than {DEEPEST} modules")));
        }
        self.open.push(file);
        let header = header(file, self.depth)?;
        let imports = self.imports(&header.imports, &directory(file.name))?;
        let names = Names {
            prelude: self.prelude,
            globals: self.globals,
            modules: &self.modules,
            imports: &imports,
        };
        let definitions = definitions(file, header.end, self.depth, &names)?;
        self.open.pop();
        self.modules.push(Module {
            // Terms live as long as the instance.
            definitions: Box::leak(definitions.into_boxed_slice()),
            imports,
        });
        let index = self.modules.len() - 1;
        self.loaded.insert(file.start, index);
        Ok(index)
    }
}

fn range(import: &Import) -> core::ops::Range<usize> {
    import.span.start as usize..import.span.end as usize
}

/// Describe a module as `modulemeta` does; null for a text that is no module.
pub fn description(file: File, depth: usize) -> Val {
    let Ok(header) = header(file, depth) else {
        return Val::Null;
    };
    let Ok(definitions) = definitions(file, header.end, depth, &super::parser::Nothing) else {
        return Val::Null;
    };
    let mut members = header.metadata.unwrap_or_default();
    let imports = header.imports.iter().map(Import::description);
    members.insert(Val::from("deps"), imports.collect());
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for definition in &definitions {
        let name = format!("{}/{}", definition.name, definition.parameters.len());
        if seen.insert(name.clone()) {
            names.push(name);
        }
    }
    members.insert(
        Val::from("defs"),
        names.into_iter().map(Val::from).collect(),
    );
    Val::obj(members)
}

/// Take the prefix of a module's names from a name.
pub fn plain<'n>(prefix: Option<&str>, name: &'n str) -> Option<&'n str> {
    match prefix {
        Some(prefix) => name.strip_prefix(prefix)?.strip_prefix("::"),
        None => Some(name),
    }
}

/// The names that a program or module can use: those that it imports, those of the built-ins, and the variables that
/// the host passes.
pub struct Names<'n> {
    /// The built-ins.
    pub prelude: &'n Prelude,
    /// The variables that the host passes.
    pub globals: &'n [(&'static str, Val)],
    /// All modules.
    pub modules: &'n [Module],
    /// What is imported.
    pub imports: &'n [Bound],
}

impl Known for Names<'_> {
    fn has_filter(&self, name: &str, arity: usize) -> bool {
        let is_imported = self.imports.iter().any(|import| match import {
            Bound::Module(prefix, index) => plain(*prefix, name).is_some_and(|name| {
                let mut definitions = self.modules[*index].definitions.iter();
                definitions.any(|known| known.name == name && known.parameters.len() == arity)
            }),
            Bound::Data(..) => false,
        });
        is_imported || self.prelude.has_filter(name, arity)
    }

    fn has_variable(&self, name: &str) -> bool {
        let is_imported = self.imports.iter().any(|import| match import {
            Bound::Module(..) => false,
            Bound::Data(names, _) => names.contains(&name),
        });
        is_imported || self.globals.iter().any(|(known, _)| *known == name)
    }

    fn filter_hint(&self, name: &str) -> Option<String> {
        let mut signatures = Vec::new();
        for import in self.imports {
            let Bound::Module(prefix, index) = import else {
                continue;
            };
            for known in self.modules[*index].definitions {
                let name: &'static str = match prefix {
                    // A suggestion is made once in an instance.
                    Some(prefix) => Box::leak(format!("{prefix}::{}", known.name).into_boxed_str()),
                    None => known.name,
                };
                signatures.push((name, known.parameters.len()));
            }
        }
        let hint = suggest::filter(&signatures, name);
        hint.or_else(|| self.prelude.filter_hint(name))
    }

    fn variable_hint(&self, name: &str) -> Option<String> {
        let imported = self.imports.iter().filter_map(|import| match import {
            Bound::Module(..) => None,
            Bound::Data(names, _) => Some(names[0]),
        });
        let known = self.globals.iter().map(|(known, _)| *known).chain(imported);
        suggest::closest(name, known).map(|near| format!("did you mean {near}?"))
    }
}
