//! Files that most likely hold secrets: what was changed in them is not kept with trials.

/// Names that such files have as a whole.
const NAMES: [&str; 21] = [
    ".netrc",
    "_netrc",
    ".pypirc",
    ".npmrc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".boto",
    ".s3cfg",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "kubeconfig",
    "credentials",
    "secrets",
    "token",
    "passwd",
    "keyring",
];

/// What the names of such files end in.
const ENDINGS: [&str; 10] = ["pem", "key", "p12", "pfx", "jks", "keystore", "ppk", "kdbx", "tfvars", "p8"];

/// Words in the names of such files.
const WORDS: [&str; 13] = [
    "key",
    "keys",
    "apikey",
    "apikeys",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "token",
    "password",
    "passwords",
    "keyfile",
    "keytab",
];

/// Folders of which no file is kept.
const FOLDERS: [&str; 5] = [".ssh", ".aws", ".gnupg", ".kube", ".docker"];

/// Code may have any word in its name: `keypoints.py`, `api_key.rs`.
const CODE: [&str; 31] = [
    "py", "pyi", "pyx", "ipynb", "rs", "c", "h", "cc", "cpp", "hpp", "cu", "cuh", "go", "java", "kt",
    "scala", "js", "ts", "jsx", "tsx", "jl", "r", "rb", "sh", "md", "rst", "html", "css", "lua", "swift",
    "m",
];

/// Whether a file most likely holds secrets, by its path.
#[must_use]
pub fn is_secret(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let mut parts = path.split(['/', '\\']).rev();
    let name = parts.next().unwrap_or_default();
    if parts.any(|folder| FOLDERS.contains(&folder)) || NAMES.contains(&name) {
        return true;
    }
    if name.starts_with(".env") || name.ends_with(".env") {
        return true;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let word = |word: &str| WORDS.contains(&word);
    ENDINGS.contains(&ending)
        || !CODE.contains(&ending) && name.split(|c: char| !c.is_ascii_alphanumeric()).any(word)
        || ending == "json" && (name.starts_with("service-account") || name.starts_with("service_account"))
}

/// A patch without the changes of such files, and their paths.
pub fn without_secrets(patch: &[u8]) -> (Vec<u8>, Vec<String>) {
    let (mut kept, mut left_out) = (Vec::with_capacity(patch.len()), Vec::new());
    let mut section: Vec<&[u8]> = Vec::new();
    let mut close = |section: &mut Vec<&[u8]>| {
        let paths = paths_of(section);
        match paths.iter().any(|path| is_secret(path)) {
            true => left_out.extend(paths.into_iter().next_back()),
            false => section.iter().for_each(|line| kept.extend_from_slice(line)),
        }
        section.clear();
    };
    for line in patch.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"diff --git ") {
            close(&mut section);
        }
        section.push(line);
    }
    close(&mut section);
    (kept, left_out)
}

/// The paths that the part of a patch changes: its header's and, of a file that was moved, both.
fn paths_of(section: &[&[u8]]) -> Vec<String> {
    let mut paths = Vec::new();
    for line in
        section.iter().take_while(|line| !line.starts_with(b"@@ ") && !line.starts_with(b"GIT binary"))
    {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\n', '\r']);
        if let Some(both) = line.strip_prefix("diff --git ") {
            // `a/PATH b/PATH`: of two equal halves unless the file was moved, which further lines tell.
            let half = both.len() / 2;
            let path = plain(both.get(half + 1..).unwrap_or_default());
            paths.push(path.strip_prefix("b/").map(str::to_owned).unwrap_or(path));
        }
        for told in ["rename from ", "rename to ", "copy from ", "copy to "] {
            paths.extend(line.strip_prefix(told).map(plain));
        }
    }
    paths
}

/// A path without the quotes that git puts around unusual ones.
fn plain(path: &str) -> String {
    path.trim().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_secrets_are_known_by_their_names() {
        for path in [
            ".env",
            "a/.env.local",
            ".envrc",
            "prod.env",
            "tls/server.pem",
            "id_rsa",
            "x/id_ed25519",
            ".netrc",
            "api_key",
            "api-key.txt",
            "wandb.key",
            "keys.json",
            "aws_credentials",
            "credentials.json",
            "client_secret.yaml",
            "hf_token.txt",
            ".aws/config",
            "home/.ssh/known_hosts",
            "service-account-1.json",
            "KEY.TXT",
        ] {
            assert!(is_secret(path), "{path}");
        }
        for path in [
            "train.py",
            "keypoints.py",
            "api_key.py",
            "monkey.json",
            "tokenizer.json",
            "special_tokens_map.json",
            "conf/env.yaml",
            "environment.yml",
            "keyboard.txt",
        ] {
            assert!(!is_secret(path), "{path}");
        }
    }

    #[test]
    fn what_was_changed_in_them_is_left_out_of_a_patch() {
        let part = |path: &str| {
            format!(
                "diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n"
            )
        };
        let moved = "diff --git a/notes.txt b/my key.txt\nsimilarity index 90%\nrename from notes.txt\nrename to my key.txt\n@@ -1 +1 @@\n-a\n+b\n";
        let odd = "diff --git \"a/\\303\\274.pem\" \"b/\\303\\274.pem\"\nnew file mode 100644\n@@ -0,0 +1 @@\n+diff --git a/x b/x\n";
        let patch = format!("{}{}{moved}{odd}{}", part("a b.py"), part("conf/.env"), part("t.py"));
        let (kept, left_out) = without_secrets(patch.as_bytes());
        assert_eq!(String::from_utf8(kept).unwrap(), part("a b.py") + &part("t.py"));
        assert_eq!(left_out, ["conf/.env", "my key.txt", "\\303\\274.pem"]);
        assert_eq!(without_secrets(b""), (Vec::new(), Vec::new()));
    }
}
