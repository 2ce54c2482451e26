//! Makes the memory of each instance, with its ceiling and with the module's data.
//!
//! One engine serves all instances. wasmer asks the engine's tunables for an instance's memory while it makes
//! the instance, on the same thread, so a thread-local passes the ceiling to it; an engine for each ceiling
//! cost 400 µs an instance.
// The trait has unsafe methods; their obligations are passed on to wasmer's own tunables.
#![allow(unsafe_code)]

use crate::image::Image;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::Arc;
use wasmer::sys::{BaseTunables, Tunables};
use wasmer::{MemoryType, Pages, TableType};
use wasmer_vm::{
    MemoryError, MemoryStyle, TableStyle, VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition,
};

thread_local! {
    static PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Make an instance whose memory has at most `pages` pages of 64 KiB.
pub fn with_ceiling<T>(pages: u32, make: impl FnOnce() -> T) -> T {
    let before = PAGES.replace(pages);
    let made = make();
    PAGES.set(before);
    made
}

/// wasmer's own tunables, with the ceiling as every memory's maximum, and the module's data in it.
pub struct Ceiling {
    pub base: BaseTunables,
    pub image: Arc<Image>,
}

impl Ceiling {
    /// The type of a memory that grows no further than the address space that is reserved for it.
    fn reserved(&self, ty: &MemoryType) -> MemoryType {
        let bound = self.base.static_memory_bound;
        let maximum = ty.maximum.map_or(bound, |maximum| maximum.min(bound));
        MemoryType::new(ty.minimum, Some(maximum), ty.shared)
    }

    fn cap(&self, ty: &MemoryType) -> Result<MemoryType, MemoryError> {
        let ceiling = Pages(PAGES.get());
        if ty.minimum > ceiling {
            let message = "the module begins with more memory than allowed";
            return Err(MemoryError::Generic(message.into()));
        }
        let mut capped = self.reserved(ty);
        capped.maximum = capped.maximum.map(|maximum| maximum.min(ceiling));
        Ok(capped)
    }
}

impl Tunables for Ceiling {
    // The style must not depend on the ceiling: the compiled code serves instances with any ceiling.
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base.memory_style(&self.reserved(memory))
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<VMMemory, MemoryError> {
        self.base.create_host_memory(&self.cap(ty)?, style)
    }

    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        definition: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the caller's promise about `definition` is passed on as it is.
        let memory = unsafe {
            self.base
                .create_vm_memory(&self.cap(ty)?, style, definition)
        }?;
        // SAFETY: wasmer has just filled `definition` in. The memory is new: mapped, readable and
        // writable up to its current length, all zeros, and nobody else has its address.
        unsafe {
            let made = definition.as_ref();
            self.image.place(made.base, made.current_length)?;
        }
        Ok(memory)
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(ty, style)
    }

    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        definition: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        // SAFETY: the caller's promise about `definition` is passed on as it is.
        unsafe { self.base.create_vm_table(ty, style, definition) }
    }
}
