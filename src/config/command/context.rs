//! What a command may refer to.

use std::path::Path;

use crate::space::Point;

/// What a command may refer to besides the parameters.
#[derive(Clone, Copy)]
pub struct RenderContext<'a> {
    /// `program` of the config.
    pub program: Option<&'a str>,
    /// The environment, for `${envvar:NAME}`.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Further names and their texts, such as `trial_seed`. Parameters win over them.
    pub extra: &'a [(&'a str, &'a str)],
    /// Where the content for `${args_json_file}` will be written; `None`: shown as `params.json`.
    pub params_file: Option<&'a Path>,
    /// All parameters of the config, see [`Config::parameter_names`](crate::config::Config::parameter_names): one that does not exist in
    /// the point stands for nothing.
    pub declared: &'a [String],
}

impl RenderContext<'_> {
    pub(super) fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|(key, _)| *key == name).map(|(_, text)| *text)
    }

    pub(super) fn knows(&self, name: &str, point: &Point) -> bool {
        point.get(name).is_some() || self.declared.iter().any(|d| d == name) || self.extra(name).is_some()
    }

    /// The text for a name; `None`: it does not exist in this point.
    pub(super) fn text(&self, name: &str, point: &Point) -> Option<String> {
        match point.get(name) {
            Some(value) => Some(value.text()),
            None if self.declared.iter().any(|d| d == name) => None,
            None => self.extra(name).map(str::to_owned),
        }
    }
}
