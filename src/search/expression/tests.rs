//! The language of features: what it means, and what is said of texts that it does not hold.

use proptest::prelude::*;

use super::*;

const FEATURES: usize = 100;

fn notes(names: &[(usize, &str)]) -> FeatureNotes {
    let mut notes = FeatureNotes::default();
    names.iter().for_each(|(feature, name)| notes.rename(*feature, name).unwrap());
    notes
}

fn menu() -> FeatureNotes {
    notes(&[
        (12, "red soup"),
        (40, "Cake"),
        (41, "green soup"),
        (7, "plate"),
        (8, "Plate"),
        (9, "not"),
        (10, "say \"x\"\\"),
    ])
}

fn parse(text: &str) -> Result<Expression, Unreadable> {
    Expression::parse(text, &menu(), FEATURES)
}

fn above(feature: usize, bound: f32) -> Expression {
    Expression::Is(Condition { feature, bound: Bound::Above(bound) })
}

#[test]
fn indices_names_and_thresholds_are_read() {
    use Expression::{All, Any, Not};
    let not = |e| Not(Box::new(e));
    assert_eq!(parse("12").unwrap(), above(12, 0.1));
    assert_eq!(parse(" cake>0.25 ").unwrap(), above(40, 0.25));
    assert_eq!(parse("\"Red  SOUP\"").unwrap(), above(12, 0.1));
    assert_eq!(parse("\"say \\\"x\\\"\\\\\"").unwrap(), above(10, 0.1));
    assert_eq!(parse("\"NOT\"").unwrap(), above(9, 0.1));
    assert_eq!(parse("12 AND NOT 40>0.2").unwrap(), All(vec![above(12, 0.1), not(above(40, 0.2))]));
    let below = Expression::Is(Condition { feature: 3, bound: Bound::Below(1.0) });
    let both = All(vec![above(2, 0.1), below]);
    assert_eq!(parse("1 or 2 and 3<1").unwrap(), Any(vec![above(1, 0.1), both.clone()]));
    assert_eq!(parse("not (1 Or (2 AND 3 < 1))").unwrap(), not(Any(vec![above(1, 0.1), both])));
}

#[test]
fn a_text_that_is_none_is_told_with_its_place() {
    for (text, column, words) in [
        ("", 1, "expected a feature (an index or a name), NOT or an opening bracket, and the text ends here"),
        ("12 AND", 7, "expected a feature"),
        ("12 AND AND 3", 8, "and found AND"),
        ("(12 OR 3", 9, "expected AND, OR or a closing bracket, and the text ends"),
        ("12 3", 4, "expected AND, OR or the end, and found 3; a name of several words goes in quotes"),
        ("12)", 3, "expected AND, OR or the end, and found )"),
        ("ü 12", 1, "no feature is called \"ü\""),
        ("cake soup", 6, "a name of several words goes in quotes"),
        ("12 > x", 6, "expected a threshold from 0 to 1, and found x"),
        ("12 > 1.5", 6, "expected a threshold from 0 to 1, and found 1.5"),
        ("12 > nan", 6, "expected a threshold"),
        ("12 >= 0.5", 5, "bounds are strict: write > or < alone"),
        ("12 >", 5, "the text ends here"),
        ("100", 1, "there is no feature 100: the encoder has 0 to 99"),
        ("99999999999999999999999", 1, "there is no feature 9999"),
        ("12 AND \"red", 8, "the quote is never closed"),
        ("plate", 1, "2 features are called \"plate\": 7, 8; name one by its index"),
        ("soup", 1, "no feature is called \"soup\"; there is \"red soup\" (12), \"green soup\" (41)"),
        ("cakr", 1, "there is \"Cake\" (40)"),
    ] {
        let problem = parse(text).unwrap_err();
        assert_eq!(problem.column, column, "{text}: {problem}");
        assert!(problem.problem.contains(words), "{text}: {problem}");
        assert!(text.get(problem.range).is_some(), "{text}");
    }
    let none = Expression::parse("soup", &FeatureNotes::default(), FEATURES).unwrap_err();
    assert!(none.problem.ends_with("no feature has a name yet, so give indices"), "{none}");
    let deep = format!("{}12{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(parse(&deep).unwrap_err().problem.contains("more than 100 deep"));
    assert!(parse(&"NOT ".repeat(100_000)).unwrap_err().problem.contains("more than 100 deep"));
    let shallow = format!("{}12{}", "(".repeat(99), ")".repeat(99));
    assert_eq!(parse(&shallow).unwrap(), above(12, 0.1));
    assert!(matches!(none.into_error(), Error::Setting(text) if text.starts_with("features, at character 1: ")));
}

#[test]
fn what_matches_is_ranked_by_the_features_that_are_asked_for() {
    let score = |text: &str, outputs: &[f32]| Matcher::new(parse(text).unwrap()).score(outputs);
    let p = [0.25, 0.64, 0.01, 0.1];
    assert_eq!(score("0 AND 1", &p), Some((0.5 + 0.8) / 2.0));
    assert_eq!(score("0 OR 2", &p), Some((0.5 + 0.1) / 2.0));
    assert_eq!(score("0 AND 2", &p), None);
    assert_eq!(score("0 AND NOT 2", &p), Some(0.5), "what is not to fire does not count");
    assert_eq!(score("0 AND NOT 1 < 0.5", &p), Some((0.5 + 0.8) / 2.0), "two negations are none");
    assert_eq!(score("NOT 2", &p), Some(0.9), "unless there is nothing else");
    assert_eq!(score("0 AND 0 < 0.5", &p), Some(0.5));
    assert_eq!(score("3", &p), None, "bounds are strict");
    assert_eq!(score("NOT 50", &p), Some(1.0), "what is not there does not fire");
    assert_eq!(parse("1 AND NOT (2 OR 3 < 0.5) AND 1 > 0.3").unwrap().wanted(), [1, 3]);
}

#[test]
fn a_conjunction_implies_the_least_of_its_parts() {
    let implied = |text: &str| parse(text).unwrap().implied(0.05).map(|set| set.into_iter().collect::<Vec<_>>());
    assert_eq!(implied("12 AND NOT 40 > 0.2"), Some(vec![12]));
    assert_eq!(implied("(1 OR 2 OR 3) AND (12 OR 40) AND 5 < 0.5"), Some(vec![12, 40]));
    assert_eq!(implied("1 OR NOT 2"), None);
    assert_eq!(implied("1 > 0.01"), None, "below the threshold nothing is known");
}

fn any_expression() -> impl Strategy<Value = Expression> {
    let bound = prop_oneof![
        2 => Just(Bound::Above(FIRES_ABOVE)),
        1 => (0.0f32..=1.0).prop_map(Bound::Above),
        1 => (0.0f32..=1.0).prop_map(Bound::Below),
    ];
    let leaf = (0..FEATURES, bound).prop_map(|(feature, bound)| Expression::Is(Condition { feature, bound }));
    leaf.prop_recursive(5, 40, 4, |inner| {
        let some = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|e| Expression::Not(Box::new(e))),
            some.clone().prop_map(Expression::All),
            some.prop_map(Expression::Any),
        ]
    })
}

/// Reads and evaluates in one go, by a stack of operators and one of values, as on paper.
fn evaluate(text: &str, fires: impl Fn(usize) -> bool) -> bool {
    fn apply(operator: &str, values: &mut Vec<bool>) {
        let right = values.pop().unwrap();
        let value = match operator {
            "NOT" => !right,
            "AND" => values.pop().unwrap() & right,
            _ => values.pop().unwrap() | right,
        };
        values.push(value);
    }
    let rank = |operator: &str| ["(", "OR", "AND", "NOT"].iter().position(|o| *o == operator).unwrap();
    let (mut operators, mut values): (Vec<&str>, Vec<bool>) = (vec!["("], Vec::new());
    let spaced = format!("{text} )").replace('(', " ( ").replace(')', " ) ");
    for word in spaced.split_whitespace() {
        match word {
            "(" | "NOT" => operators.push(word),
            ")" => loop {
                match operators.pop().unwrap() {
                    "(" => break,
                    operator => apply(operator, &mut values),
                }
            },
            "AND" | "OR" => {
                while rank(operators.last().unwrap()) >= rank(word) {
                    apply(operators.pop().unwrap(), &mut values);
                }
                operators.push(word);
            }
            index => values.push(fires(index.parse().unwrap())),
        }
    }
    assert!(operators.is_empty() && values.len() == 1);
    values[0]
}

/// The words of a formula over features 0 to 4, with more or fewer brackets.
fn formula() -> impl Strategy<Value = String> {
    (0usize..5).prop_map(|f| f.to_string()).prop_recursive(6, 40, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| format!("NOT {e}")),
            inner.clone().prop_map(|e| format!("({e})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} AND {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} OR {b}")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_it_was(
        expression in any_expression(),
        names in prop::collection::btree_map(0..FEATURES, "[a-cA-C \"\\\\0-9<>()]{1,6}", 0..60),
    ) {
        let mut notes = FeatureNotes::default();
        names.iter().for_each(|(feature, name)| notes.rename(*feature, name).unwrap());
        for text in [expression.to_string(), expression.named(&notes)] {
            let again = Expression::parse(&text, &notes, FEATURES);
            prop_assert_eq!(again.as_ref(), Ok(&expression), "{}", text);
        }
    }

    #[test]
    fn a_formula_is_true_where_its_truth_table_says_so(text in formula()) {
        let expression = parse(&text).unwrap();
        for row in 0u32..32 {
            let fires = |feature: usize| row >> feature & 1 == 1;
            let outputs: Vec<f32> = (0..5).map(|f| if fires(f) { 0.5 } else { 0.1 }).collect();
            prop_assert_eq!(expression.matches(&outputs), evaluate(&text, fires), "{} {}", text, row);
            let score = Matcher::new(expression.clone()).score(&outputs);
            prop_assert!(score.is_some() == expression.matches(&outputs) && score.is_none_or(|s| (0.0..=1.0).contains(&s)));
        }
    }

    #[test]
    fn what_matches_has_a_feature_that_is_implied(
        expression in any_expression(), threshold in 0.0f32..0.3,
        outputs in prop::collection::vec(prop_oneof![Just(0.0f32), 0.0f32..1.0], FEATURES),
    ) {
        if let Some(implied) = expression.implied(threshold) {
            prop_assert!(!expression.matches(&outputs) || implied.iter().any(|f| outputs[*f] > threshold));
        }
    }

    #[test]
    fn no_text_makes_it_panic(
        text in prop_oneof![
            any::<String>(),
            prop::collection::vec(
                prop::sample::select(&["(", ")", "and", "OR", "NOT", "12", "cake", "\"", "\\", ">", "<", "0.5", "=", "ü", " ", "\"red soup\""][..]),
                0..20,
            ).prop_map(|words| words.concat()),
        ],
    ) {
        match parse(&text) {
            Ok(expression) => prop_assert_eq!(parse(&expression.to_string()).unwrap(), expression),
            Err(problem) => {
                prop_assert!(text.get(problem.range.clone()).is_some());
                prop_assert!(problem.column >= 1 && problem.column <= text.chars().count() + 1);
            }
        }
    }
}
