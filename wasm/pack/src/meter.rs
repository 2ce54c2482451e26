//! Adds the meter to a module: a count that every function takes and returns, and checks that end the run.
//!
//! The count is what is left of the fuel. Functions get one more parameter and one more result for
//! it, so that it stays in registers from call to call: kept in a global alone it would be loaded and
//! stored at each charge, and each load would wait for the store before it (that cost 28 % of the run's
//! time on the guest, this costs 4 %). The global `fuel` is what the host sees: exported functions are wrappers
//! that take the count from it and put it back, and functions store their count there when they begin
//! and before they end the run, so that it is right after a trap too, or as old as the last call.
//!
//! What is charged where is the subject of [`crate::regions`]. Every function entry and every loop
//! header also checks: it traps when the count is below zero, or when the host has set the stop word
//! to a negative number.
//!
//! A guest that exports a function `fuel_left`, without parameters and with an `i64` as its result, can read the count:
//! the body is replaced by one that returns it, and the export is taken away.

use crate::body::{Body, Calls};
use crate::module::{Module, CODE, EXPORT, FUEL, FUEL_LEFT, FUNCTION, GLOBAL, STOP_WORD, TYPE};
use crate::report::MeterReport;
use crate::Result;
use std::collections::HashMap;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, Instruction, TypeSection, ValType,
};
use wasmparser::{ExternalKind, FuncType};

/// Add the meter to `wasm`. The count of a run that ends by itself is exact.
///
/// # Errors
/// The module is refused (see [`Module::parse`]), exports no `stop_word`, already has a `fuel`, or has a `fuel_left` of
/// another type.
pub fn meter(wasm: &[u8]) -> Result<(Vec<u8>, MeterReport)> {
    let module = Module::parse(wasm)?;
    let stop_word = module.constant(STOP_WORD)?;
    let fuel = u32::try_from(module.globals()?.len())?;
    let functions = module.functions()?;
    let types = Types::of(&module)?;
    let fuel_left = fuel_left(&module)?;

    let mut numbers = FunctionSection::new();
    for ty in &functions {
        numbers.function(types.counted(*ty));
    }
    let mut report = MeterReport::default();
    let mut code = CodeSection::new();
    for (index, (body, ty)) in (0_u32..).zip(module.bodies()?.iter().zip(&functions)) {
        let calls = Calls {
            fuel,
            stop_word,
            parameters: u32::try_from(types.function(*ty)?.params().len())?,
            results: types.results(*ty)?,
            counted_types: types.counted(0),
        };
        code.raw(&match fuel_left {
            Some(function) if function == index => Body::fuel_left(&calls),
            _ => Body::metered(body, &calls, &mut report)?,
        });
    }

    let mut exports = ExportSection::new();
    let mut wrapped: Vec<u32> = Vec::new();
    for export in module.exports()? {
        let mut index = export.index;
        match export.kind {
            _ if export.name == FUEL => return Err("the module already exports fuel".into()),
            _ if export.name == FUEL_LEFT => continue,
            ExternalKind::Func => {
                let known = wrapped.iter().position(|function| *function == index);
                let wrapper = known.unwrap_or(wrapped.len());
                if known.is_none() {
                    wrapped.push(index);
                }
                index = u32::try_from(functions.len() + wrapper)?;
            }
            _ => {}
        }
        let kind = RoundtripReencoder.export_kind(export.kind)?;
        exports.export(export.name, kind, index);
    }
    exports.export(FUEL, ExportKind::Global, fuel);
    for function in wrapped {
        let ty = functions[function as usize];
        let parameters = u32::try_from(types.function(ty)?.params().len())?;
        numbers.function(ty);
        code.function(&wrapper(function, parameters, fuel));
    }

    let wasm = module.with(&[
        (TYPE, &types.section()),
        (FUNCTION, &numbers),
        (GLOBAL, &globals(&module)?),
        (EXPORT, &exports),
        (CODE, &code),
    ]);
    Ok((wasm, report))
}

/// Find the function that is to return the count, if there is one.
fn fuel_left(module: &Module<'_>) -> Result<Option<u32>> {
    let exports = module.exports()?;
    let Some(export) = exports.iter().find(|export| export.name == FUEL_LEFT) else {
        return Ok(None);
    };
    let functions = module.functions()?;
    let number = match export.kind {
        ExternalKind::Func => functions.get(export.index as usize),
        _ => None,
    };
    let types = module.types()?;
    match number.and_then(|number| types.get(*number as usize)) {
        Some(ty) if *ty == FuncType::new([], [wasmparser::ValType::I64]) => Ok(Some(export.index)),
        _ => Err("fuel_left is no function without parameters that returns an i64".into()),
    }
}

/// Write the globals of the module, and the count after them.
fn globals(module: &Module<'_>) -> Result<GlobalSection> {
    let mut globals = GlobalSection::new();
    for global in module.globals()? {
        let ty = RoundtripReencoder.global_type(global.ty)?;
        globals.global(ty, &RoundtripReencoder.const_expr(global.init_expr)?);
    }
    let ty = GlobalType {
        val_type: ValType::I64,
        mutable: true,
        shared: false,
    };
    // Without fuel an instance traps at its first check.
    globals.global(ty, &ConstExpr::i64_const(0));
    Ok(globals)
}

/// Write the function that the host calls instead of `function`.
fn wrapper(function: u32, parameters: u32, fuel: u32) -> Function {
    let mut wrapper = Function::new([]);
    for parameter in 0..parameters {
        wrapper.instruction(&Instruction::LocalGet(parameter));
    }
    wrapper
        .instruction(&Instruction::GlobalGet(fuel))
        .instruction(&Instruction::Call(function))
        .instruction(&Instruction::GlobalSet(fuel))
        .instruction(&Instruction::End);
    wrapper
}

/// The module's types; after them each one with the count; after those the types that blocks need.
struct Types {
    of_module: Vec<wasm_encoder::FuncType>,
    /// For each type with several results, a type without parameters that has them.
    several: HashMap<u32, u32>,
}

impl Types {
    fn of(module: &Module<'_>) -> Result<Self> {
        let mut of_module = Vec::new();
        for ty in module.types()? {
            of_module.push(RoundtripReencoder.func_type(ty)?);
        }
        let mut several = HashMap::new();
        let mut next = 2 * u32::try_from(of_module.len())?;
        for (index, ty) in of_module.iter().enumerate() {
            if ty.results().len() > 1 {
                several.insert(u32::try_from(index)?, next);
                next += 1;
            }
        }
        Ok(Self { of_module, several })
    }

    fn function(&self, index: u32) -> Result<&wasm_encoder::FuncType> {
        Ok(self
            .of_module
            .get(index as usize)
            .ok_or("a function has no type")?)
    }

    /// The index of type `index` with the count.
    fn counted(&self, index: u32) -> u32 {
        self.of_module.len() as u32 + index
    }

    /// The type of a block that has the results of type `index`.
    fn results(&self, index: u32) -> Result<BlockType> {
        Ok(match self.function(index)?.results() {
            [] => BlockType::Empty,
            [result] => BlockType::Result(*result),
            _ => BlockType::FunctionType(self.several[&index]),
        })
    }

    fn section(&self) -> TypeSection {
        let mut section = TypeSection::new();
        for ty in &self.of_module {
            section.ty().func_type(ty);
        }
        for ty in &self.of_module {
            let with_count = |types: &[ValType]| [types, &[ValType::I64]].concat();
            section
                .ty()
                .function(with_count(ty.params()), with_count(ty.results()));
        }
        for ty in self.of_module.iter().filter(|ty| ty.results().len() > 1) {
            section.ty().function([], ty.results().iter().copied());
        }
        section
    }
}
