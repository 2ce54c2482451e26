//! Says what an operator costs, and which operators a guest may use.
//!
//! The count is wasmtime's (`consume_fuel`, read from its `fuel_before_op` and probed on version 50):
//! 1 at function entry; nothing for operators that leave no code behind; 1 for every other; and
//! bulk operations and growth also cost their length operand, in bytes, elements or pages.

use crate::Result;
use wasmparser::{Operator, WasmFeatures};

/// Cost of entering a function.
pub const ENTRY: i64 = 1;

/// Features that the meter and the validator know. Everything else is refused before they look.
pub fn features() -> WasmFeatures {
    WasmFeatures::MVP
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::SIMD
}

/// Cost of an operator apart from its length.
pub fn cost(operator: &Operator<'_>) -> i64 {
    match operator {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Unreachable
        | Operator::Return
        | Operator::Else
        | Operator::End => 0,
        _ => 1,
    }
}

/// Whether an operator also costs the number on top of the stack.
///
/// # Errors
/// Operators on passive segments are refused: a snapshot has none.
pub fn costs_its_length(operator: &Operator<'_>) -> Result<bool> {
    match operator {
        Operator::MemoryFill { .. }
        | Operator::MemoryCopy { .. }
        | Operator::MemoryGrow { .. }
        | Operator::TableFill { .. }
        | Operator::TableCopy { .. }
        | Operator::TableGrow { .. } => Ok(true),
        Operator::MemoryInit { .. }
        | Operator::DataDrop { .. }
        | Operator::TableInit { .. }
        | Operator::ElemDrop { .. } => Err(format!(
            "{operator:?} works on a passive segment, which a packed module has not"
        )
        .into()),
        _ => Ok(false),
    }
}
