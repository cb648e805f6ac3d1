//! What a search says once it is understood. Only meaningful conditions can be written down in these types.

/// What kind of thing a subject names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A column of the thing itself, such as `start_time`.
    Attribute,
    /// The latest value of a metric.
    Metric,
    /// A param.
    Param,
    /// A tag.
    Tag,
    /// A dataset that is linked to the thing.
    Dataset,
    /// What is known of a trace.
    Metadata,
    /// A step of a trace.
    Span,
    /// What was said about a trace.
    Feedback,
    /// What would have been right.
    Expectation,
}

/// What a condition or an order is about, such as `metrics.loss`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Its kind.
    pub entity: Entity,
    /// Its key; for attributes MLflow's canonical name, aliases resolved.
    pub key: String,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberOp {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl NumberOp {
    /// Its sign, the same in MLflow's language and in SQL.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// How two texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOp {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// Matches a pattern of `%` (any text) and `_` (any character); upper and lower case differ.
    Like,
    /// The same, but upper and lower case (of ASCII letters) are equal.
    ILike,
}

/// What is asked of the subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Its number compares so with this one.
    Number(NumberOp, f64),
    /// Its text compares so with this one.
    Text(TextOp, String),
    /// Its text is one of these.
    In(Vec<String>),
    /// It has a text, and this is none of these.
    NotIn(Vec<String>),
    /// The thing lacks it.
    Missing,
    /// The thing has it.
    Present,
}

/// One condition of a filter. A condition on something that is missing is false, `!=` too (but for
/// [`Test::Missing`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What it is about.
    pub subject: Subject,
    /// What is asked of it.
    pub test: Test,
}

/// One term of an `order_by` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerm {
    /// What is sorted by.
    pub subject: Subject,
    /// Small before large; missing values come last in both directions.
    pub ascending: bool,
}
