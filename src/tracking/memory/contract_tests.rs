//! What every store promises holds of this one.

use super::MemoryStore;

sweep::contract::contract_suite!(runs Box::new(MemoryStore::new()));
