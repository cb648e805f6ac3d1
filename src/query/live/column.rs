//! A parameter as plots need it: what its axis looks like.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::space::{Distribution, Value};

/// A parameter that can vary.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveColumn {
    /// Its dotted path.
    pub name: String,
    /// Whether its logarithm is what counts.
    pub log: bool,
    /// Its values, where the config lists them.
    pub levels: Option<Vec<Value>>,
}

/// Levels that an axis can label; a longer list is an axis of numbers or nothing.
const MOST_LEVELS: usize = 60;

impl LiveColumn {
    /// The parameters of a config that can vary, in its order.
    #[must_use]
    pub fn of_config(config: &Config) -> Vec<Self> {
        let leaves =
            config.space.leaves().into_iter().filter(|leaf| !leaf.parameter.distribution.is_constant());
        let columns = leaves.map(|leaf| {
            let distribution = &leaf.parameter.distribution;
            let levels = match distribution {
                Distribution::Categorical { values, .. } if values.len() <= MOST_LEVELS => {
                    Some(values.clone())
                }
                _ => None,
            };
            Self { name: leaf.name, log: distribution.is_log(), levels }
        });
        config.in_order(columns.collect(), |column| &column.name)
    }

    /// A parameter that no config declares.
    #[must_use]
    pub fn seen(name: &str) -> Self {
        Self { name: name.to_owned(), log: false, levels: None }
    }

    /// The parameters of a config that have one value.
    #[must_use]
    pub fn constants(config: &Config) -> BTreeSet<String> {
        let leaves = config.space.leaves().into_iter();
        leaves.filter(|leaf| leaf.parameter.distribution.is_constant()).map(|leaf| leaf.name).collect()
    }
}
