//! What every store promises holds of this one.

use super::MemoryStore;

crate::contract::contract_suite!(runs Box::new(MemoryStore::new()));
