//! The embedded store: the contract, and what only a file can get wrong.

mod back_and_forth;
mod files;
mod killed;
mod races;
mod with_mlflow;

/// A param or a tag.
fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

mod promises {
    use sweep::testing::{EmbeddedStore, Store};

    /// A store that keeps its folder until it is dropped.
    struct Temporary {
        store: EmbeddedStore,
        _folder: tempfile::TempDir,
    }

    impl std::ops::Deref for Temporary {
        type Target = dyn Store;

        fn deref(&self) -> &Self::Target {
            &self.store
        }
    }

    fn store() -> Temporary {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&format!("sqlite:///{}/mlflow.db", folder.path().display())).unwrap();
        Temporary { store, _folder: folder }
    }

    crate::contract::contract_suite!(each store());
}
