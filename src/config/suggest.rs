//! "Did you mean": the nearest known word.

/// Longer words are no misspellings.
const MAX_WORD: usize = 60;

/// The known word that a misspelt one most likely stands for.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let flat = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    if word.len() > MAX_WORD {
        return None;
    }
    let wanted = flat(word);
    known
        .into_iter()
        .filter_map(|candidate| {
            let other = flat(candidate);
            let distance = strsim::damerau_levenshtein(&wanted, &other);
            let longest = wanted.chars().count().max(other.chars().count());
            let near = distance * 3 <= longest.max(3);
            let inside = wanted.len() >= 3 && (other.starts_with(&wanted) || other.ends_with(&wanted));
            (near || inside).then_some((if near { distance } else { distance + 100 }, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The sentence with [`nearest`].
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Words as a list for a sentence: `a`, `b` or `c`.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_are_recognised_and_strange_ones_are_not() {
        let known = ["parameters", "metric", "method", "minimize", "maximize", "run_cap"];
        assert_eq!(nearest("paramters", known), Some("parameters"));
        assert_eq!(nearest("parameter", known), Some("parameters"));
        assert_eq!(nearest("Run-Cap", known), Some("run_cap"));
        assert_eq!(nearest("min", known), Some("minimize"));
        assert_eq!(nearest("banana", known), None);
    }

    #[test]
    fn words_make_a_list() {
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of(&["a"]), "`a`");
    }
}
