use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        ".{0,12}".prop_map(Value::Text),
        prop_oneof![Just("NaN"), Just("1"), Just("None"), Just("a\"b,\n'c'"), Just("")]
            .prop_map(|text| Value::Text(text.to_owned())),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            proptest::collection::btree_map("[a-c.]{1,3}", inner, 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn record() -> impl Strategy<Value = TrialRecord> {
    let name = "[a-d.]{1,3}";
    let text = || prop_oneof![".{0,12}", Just("NaN".to_owned()), Just("1.0".to_owned())];
    (
        proptest::collection::btree_map(name, value(), 0..4),
        proptest::collection::btree_map(name, text(), 0..4),
        proptest::collection::btree_map(".{1,9}", any::<f64>(), 0..3),
        proptest::collection::btree_map(".{1,9}", ".{0,20}", 0..3),
        any::<bool>(),
        (any::<i64>(), proptest::option::of(any::<i64>())),
    )
        .prop_map(|(point, params, metrics, mut tags, keeps_point, (start, end))| {
            let point = Point(point.into_iter().collect());
            if keeps_point {
                tags.insert(tags::POINT.to_owned(), point.to_json().to_string());
            }
            TrialRecord {
                index: TrialIndex(7),
                attempt: 2,
                run_id: "a".into(),
                run_name: "trial \"7\"".into(),
                sweep_id: "b".into(),
                status: RunStatus::Failed,
                start,
                end,
                exit_code: Some(-3),
                // As a store returns it: from the tag.
                point: if keeps_point { point } else { Point::default() },
                params,
                metrics,
                tags,
            }
        })
}

fn files(record: &TrialRecord) -> [String; 3] {
    [record.params_json(), record.tags_json(), record.summary_json()].map(|json| format!("{json:#}\n"))
}

proptest! {
    #[test]
    fn what_was_written_reads_back_and_is_written_the_same(record in record()) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::claim(place.path(), "b").unwrap();
        let written = files(&record);
        for (name, text) in [PARAMS, TAGS, SUMMARY].into_iter().zip(&written) {
            folder.write(&format!("t/{name}"), text.as_bytes()).unwrap();
        }
        let read = TrialRecord::read(&folder, "t").unwrap();
        prop_assert_eq!(&read.params, &record.params);
        prop_assert_eq!(&read.tags, &record.tags);
        prop_assert_eq!((read.start, read.end), (record.start, record.end));
        // A store that was given this returns the same.
        let told = TrialRecord { point: record.point.clone(), ..read };
        prop_assert_eq!(files(&told), written);
    }
}

#[test]
fn a_folder_sorts_by_start_and_tells_the_trial() {
    let summary = json!({ "trial": 12, "status": "FINISHED", "start": "2026-11-21T05:13:46.123Z" });
    let params = json!({ "lr": 0.1, "opt": { "name": "adam" } });
    let record = TrialRecord::parse(summary.as_object().unwrap(), &params, BTreeMap::new()).unwrap();
    assert_eq!(record.folder(), "2026-11-21T05-13-46Z_000012");
    assert_eq!((record.attempt, record.run_name.as_str()), (1, "trial-0012"));
    assert_eq!(record.params["opt.name"], "adam");
    assert_eq!(record.point.get("opt.name"), Some(&Value::Text("adam".into())));
}

proptest! {
    #[test]
    fn whatever_a_file_says_is_read_or_refused(
        summary in proptest::collection::vec(value(), KEYS.len()),
        params in value(),
        present in proptest::collection::vec(any::<bool>(), KEYS.len()),
    ) {
        let entries = KEYS.iter().zip(summary).zip(present);
        let summary: Map<String, Json> = entries
            .filter(|(_, present)| *present)
            .map(|((key, value), _)| ((*key).to_owned(), value.to_json()))
            .collect();
        if let Ok(record) = TrialRecord::parse(&summary, &params.to_json(), BTreeMap::new()) {
            prop_assert!(summary.contains_key("trial") && summary.contains_key("start"));
            let _ = (record.folder(), files(&record));
        }
    }
}

const KEYS: [&str; 12] = [
    "trial",
    "attempt",
    "run_id",
    "run_name",
    "sweep_id",
    "status",
    "exit_code",
    "start",
    "end",
    "metrics",
    "params_as_logged",
    "params_not_logged",
];
