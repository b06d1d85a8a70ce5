//! A throw-away workspace, and building its members.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::journal::Failure;

/// This workspace, whose `fsm-core` and locked dependencies the crates use.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What is asked of cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// `cargo build`, nothing of the crate built before.
    Build,
    /// `cargo build` after a line has changed.
    Edit,
    /// `cargo check`, nothing of the crate checked before.
    Check,
    /// `cargo build --release`.
    Release,
}

impl Task {
    pub(super) const ALL: [Self; 4] = [Self::Build, Self::Edit, Self::Check, Self::Release];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Edit => "build after an edit",
            Self::Check => "check",
            Self::Release => "build --release",
        }
    }

    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Build | Self::Edit => &["build"],
            Self::Check => &["check"],
            Self::Release => &["build", "--release"],
        }
    }
}

/// A workspace in a directory of its own, which is removed when this is dropped.
pub(super) struct Workspace {
    directory: tempfile::TempDir,
    /// How often a line was changed.
    edits: usize,
}

impl Workspace {
    /// Writes the members: name and text of each.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub(super) fn create(members: &[(&str, String)]) -> Result<Self, Failure> {
        let directory = tempfile::Builder::new().prefix("fsm-bench-").tempdir()?;
        let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
        let root = Path::new(ROOT).canonicalize()?;
        let core = root.join("fsm-core");
        fs::write(
            directory.path().join("Cargo.toml"),
            format!(
                "[workspace]\nresolver = \"3\"\nmembers = {names:?}\n\n\
                 [workspace.dependencies.fsm-core]\npath = {core:?}\n\
                 default-features = false\nfeatures = [\"derive\"]\n"
            ),
        )?;
        // The versions that are here already: nothing is fetched.
        fs::copy(root.join("Cargo.lock"), directory.path().join("Cargo.lock"))?;
        for (name, text) in members {
            let place = directory.path().join(name);
            fs::create_dir_all(place.join("src"))?;
            fs::write(
                place.join("Cargo.toml"),
                format!(
                    "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                     [dependencies]\nfsm-core.workspace = true\n"
                ),
            )?;
            fs::write(place.join("src/lib.rs"), text)?;
        }
        Ok(Self { directory, edits: 0 })
    }

    /// Does the task for one member, and says how long cargo took.
    ///
    /// # Errors
    ///
    /// If cargo fails; what it wrote is part of the error.
    pub(super) fn time(&mut self, task: Task, member: &str) -> Result<Duration, Failure> {
        self.edit(member)?;
        if task != Task::Edit {
            self.forget(member)?;
        }
        let start = Instant::now();
        self.cargo(task.arguments(), member)?;
        Ok(start.elapsed())
    }

    /// Changes a line of the member's file.
    fn edit(&mut self, member: &str) -> Result<(), Failure> {
        self.edits += 1;
        let file = self.directory.path().join(member).join("src/lib.rs");
        let text = fs::read_to_string(&file)?;
        let text = text.split("\n/// Edit ").next().unwrap_or_default();
        let edits = self.edits;
        fs::write(file, format!("{text}\n/// Edit {edits}.\npub const EDIT: usize = {edits};\n"))?;
        Ok(())
    }

    /// Removes what the compiler keeps of the member from one build to the next.
    fn forget(&self, member: &str) -> Result<(), Failure> {
        let kept = self.target().join("debug/incremental");
        if !kept.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(kept)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&format!("{member}-")) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn cargo(&self, arguments: &[&str], member: &str) -> Result<(), Failure> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let output = Command::new(cargo)
            .args(arguments)
            .args(["--offline", "--quiet", "--package", member])
            .current_dir(self.directory.path())
            .env("CARGO_TARGET_DIR", self.target())
            .env_remove("CARGO_INCREMENTAL")
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo {} of {member}: {told}", arguments.join(" ")).into());
        }
        Ok(())
    }

    fn target(&self) -> PathBuf {
        self.directory.path().join("target")
    }
}
