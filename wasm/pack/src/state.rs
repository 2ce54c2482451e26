//! Proves that an instance can change only its memory, the count and the stack pointer.
//!
//! The host puts an instance back to an earlier state by restoring these three, so there must be nothing else:
//! no other global that can be set, and no operator that changes a table. Data segments are active
//! (see `validate`), so no instruction can drop one.

use crate::module::{Module, FUEL};
use crate::Result;
use wasmparser::Operator;

const STACK_POINTER: &str = "__stack_pointer";

/// Check a packed module.
///
/// # Errors
/// The first thing found that could differ between two instances with the same memory.
pub fn check(wasm: &[u8]) -> Result<()> {
    let module = Module::parse(wasm)?;
    let known = [
        module.exported_global(FUEL)?,
        module.exported_global(STACK_POINTER)?,
    ];
    for (index, global) in (0_u32..).zip(module.globals()?) {
        if global.ty.mutable && !known.contains(&index) {
            return Err(format!("global {index} can be set, and the host does not know it").into());
        }
    }
    for (index, body) in module.bodies()?.iter().enumerate() {
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            if matches!(
                operator,
                Operator::TableSet { .. }
                    | Operator::TableGrow { .. }
                    | Operator::TableFill { .. }
                    | Operator::TableCopy { .. }
                    | Operator::TableInit { .. }
                    | Operator::ElemDrop { .. }
                    | Operator::DataDrop { .. }
            ) {
                return Err(
                    format!("function {index} changes more than memory: {operator:?}").into(),
                );
            }
        }
    }
    Ok(())
}
