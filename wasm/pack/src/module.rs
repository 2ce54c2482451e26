//! Reads a core module as far as this tool needs, and rewrites it section by section.

use crate::{costs, Result};
use wasm_encoder::{RawSection, Section};
use wasmparser::{
    BinaryReader, CodeSectionReader, ConstExpr, DataSectionReader, ElementItems,
    ElementSectionReader, ExportSectionReader, FuncType, FunctionSectionReader,
    GlobalSectionReader, MemoryType, Operator, Parser, Payload, TypeSectionReader, Validator,
};

/// Name of the exported global that counts down.
pub const FUEL: &str = "fuel";
/// Name of the exported constant that holds the address of the stop word.
pub const STOP_WORD: &str = "stop_word";
/// Name of the exported function of the guest whose body the meter replaces: it returns the count.
pub const FUEL_LEFT: &str = "fuel_left";

/// Ids of the sections that this tool replaces, as the specification numbers them. Types.
pub const TYPE: u8 = 1;
/// Type indices of functions.
pub const FUNCTION: u8 = 3;
/// Memories.
pub const MEMORY: u8 = 5;
/// Globals.
pub const GLOBAL: u8 = 6;
/// Exports.
pub const EXPORT: u8 = 7;
/// Element segments.
const ELEMENT: u8 = 9;
/// Function bodies.
pub const CODE: u8 = 10;
/// Data segments.
pub const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
const CUSTOM: u8 = 0;

/// The parts of a module that the steps read.
pub struct Module<'a> {
    sections: Vec<(u8, &'a [u8])>,
}

impl<'a> Module<'a> {
    /// Check `wasm` and cut it into sections.
    ///
    /// # Errors
    /// The module is invalid, uses a feature that the meter does not know, imports anything, has a
    /// start function, or more or other memories and tables than one of 32 bits each.
    pub fn parse(wasm: &'a [u8]) -> Result<Self> {
        Validator::new_with_features(costs::features()).validate_all(wasm)?;
        let mut sections = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            match &payload {
                Payload::ImportSection(imports) if imports.count() > 0 => {
                    return Err("the module imports something".into())
                }
                Payload::StartSection { .. } => {
                    return Err("the module has a start function".into())
                }
                Payload::TableSection(tables) if tables.count() > 1 => {
                    return Err("the module has more than one table".into())
                }
                Payload::MemorySection(memories) if memories.count() != 1 => {
                    return Err("the module has not one memory".into())
                }
                _ => {}
            }
            if let Some((id, range)) = payload.as_section() {
                let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
                let bytes = wasm.get(range).ok_or("a section ends past the module")?;
                sections.push((id, bytes));
            }
        }
        let module = Self { sections };
        if module.section(MEMORY).is_none() {
            return Err("the module has no memory".into());
        }
        Ok(module)
    }

    fn section(&self, id: u8) -> Option<BinaryReader<'a>> {
        let (_, bytes) = self.sections.iter().find(|(section, _)| *section == id)?;
        Some(BinaryReader::new(bytes, 0))
    }

    /// The function types.
    pub fn types(&self) -> Result<Vec<FuncType>> {
        let mut out = Vec::new();
        let Some(reader) = self.section(TYPE) else {
            return Ok(out);
        };
        for group in TypeSectionReader::new(reader)? {
            for ty in group?.into_types() {
                out.push(ty.unwrap_func().clone());
            }
        }
        Ok(out)
    }

    /// The type index of every function.
    pub fn functions(&self) -> Result<Vec<u32>> {
        match self.section(FUNCTION) {
            Some(reader) => Ok(FunctionSectionReader::new(reader)?
                .into_iter()
                .collect::<std::result::Result<_, _>>()?),
            None => Ok(Vec::new()),
        }
    }

    /// The one memory.
    pub fn memory(&self) -> Result<MemoryType> {
        let reader = self.section(MEMORY).ok_or("the module has no memory")?;
        let mut memories = wasmparser::MemorySectionReader::new(reader)?.into_iter();
        Ok(memories.next().ok_or("the module has no memory")??)
    }

    /// The globals.
    pub fn globals(&self) -> Result<Vec<wasmparser::Global<'a>>> {
        match self.section(GLOBAL) {
            Some(reader) => Ok(GlobalSectionReader::new(reader)?
                .into_iter()
                .collect::<std::result::Result<_, _>>()?),
            None => Ok(Vec::new()),
        }
    }

    /// The exports.
    pub fn exports(&self) -> Result<Vec<wasmparser::Export<'a>>> {
        match self.section(EXPORT) {
            Some(reader) => Ok(ExportSectionReader::new(reader)?
                .into_iter()
                .collect::<std::result::Result<_, _>>()?),
            None => Ok(Vec::new()),
        }
    }

    /// The function bodies.
    pub fn bodies(&self) -> Result<Vec<wasmparser::FunctionBody<'a>>> {
        match self.section(CODE) {
            Some(reader) => Ok(CodeSectionReader::new(reader)?
                .into_iter()
                .collect::<std::result::Result<_, _>>()?),
            None => Ok(Vec::new()),
        }
    }

    /// The functions that element segments and initial values of globals refer to.
    pub fn referenced(&self) -> Result<Vec<u32>> {
        let mut out = Vec::new();
        let mut expressions: Vec<ConstExpr<'_>> = Vec::new();
        expressions.extend(self.globals()?.into_iter().map(|global| global.init_expr));
        if let Some(reader) = self.section(ELEMENT) {
            for element in ElementSectionReader::new(reader)? {
                match element?.items {
                    ElementItems::Functions(functions) => {
                        out.extend(
                            functions
                                .into_iter()
                                .collect::<std::result::Result<Vec<_>, _>>()?,
                        );
                    }
                    ElementItems::Expressions(_, items) => {
                        expressions.extend(
                            items
                                .into_iter()
                                .collect::<std::result::Result<Vec<_>, _>>()?,
                        );
                    }
                }
            }
        }
        for expression in expressions {
            for operator in expression.get_operators_reader() {
                if let Operator::RefFunc { function_index } = operator? {
                    out.push(function_index);
                }
            }
        }
        Ok(out)
    }

    /// The data segments.
    pub fn data(&self) -> Result<Vec<wasmparser::Data<'a>>> {
        match self.section(DATA) {
            Some(reader) => Ok(DataSectionReader::new(reader)?
                .into_iter()
                .collect::<std::result::Result<_, _>>()?),
            None => Ok(Vec::new()),
        }
    }

    /// The value of a global whose initial value is an `i32` constant, by the name of its export.
    ///
    /// # Errors
    /// There is no such export, or it is not a constant.
    pub fn constant(&self, name: &str) -> Result<i32> {
        let index = self.exported_global(name)?;
        let global = self
            .globals()?
            .into_iter()
            .nth(index as usize)
            .ok_or("an export names no global")?;
        if global.ty.mutable {
            return Err(format!("the global {name} is mutable").into());
        }
        match global.init_expr.get_operators_reader().read()? {
            Operator::I32Const { value } => Ok(value),
            other => {
                Err(format!("the global {name} starts as {other:?}, not as a constant").into())
            }
        }
    }

    /// The index of the global that is exported as `name`.
    ///
    /// # Errors
    /// No global is exported under this name.
    pub fn exported_global(&self, name: &str) -> Result<u32> {
        let export = self
            .exports()?
            .into_iter()
            .find(|export| export.name == name && export.kind == wasmparser::ExternalKind::Global);
        Ok(export
            .ok_or_else(|| format!("no global is exported as {name}"))?
            .index)
    }

    /// The module with some sections replaced or added; custom sections are left out.
    pub fn with(&self, replaced: &[(u8, &dyn Section)]) -> Vec<u8> {
        let mut out = wasm_encoder::Module::new();
        let replacement = |id: u8| {
            replaced
                .iter()
                .find(|(replaced, _)| *replaced == id)
                .map(|(_, section)| *section)
        };
        for (id, data) in &self.sections {
            match replacement(*id) {
                _ if *id == CUSTOM || *id == DATA_COUNT => continue,
                Some(section) => out.section(&Dyn(section)),
                None => out.section(&RawSection { id: *id, data }),
            };
        }
        // A module without data gets its section here: it is the last one in a module.
        if let (Some(section), None) = (replacement(DATA), self.section(DATA)) {
            out.section(&Dyn(section));
        }
        out.finish()
    }
}

/// A section behind a reference.
struct Dyn<'s>(&'s dyn Section);

impl wasm_encoder::Encode for Dyn<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.0.encode(sink);
    }
}

impl Section for Dyn<'_> {
    fn id(&self) -> u8 {
        self.0.id()
    }
}
