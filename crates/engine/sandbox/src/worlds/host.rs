//! This machine as a world: files with the user's rights, commands in the user's shell.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use stdx::AbsPath;
use tool::{FileStamp, Launch, Process, World, WorldError, WorldPath};

use crate::process::{Command, MARK, Started, start_on_pipes, start_on_terminal};
use crate::worlds::paths::Base;
use crate::worlds::{Shared, environment, files};

#[derive(Debug)]
pub(super) struct HostWorld {
    shared: Arc<Shared>,
    workspace: AbsPath,
    root: String,
}

impl HostWorld {
    pub(super) fn new(shared: Arc<Shared>, workspace: AbsPath) -> Self {
        let root = workspace.to_string();
        Self { shared, workspace, root }
    }

    fn base(&self) -> Base {
        let only = self.shared.machine.config.get().fs.workspace_only;
        Base { workspace: self.workspace.clone(), home: self.shared.machine.home.clone(), only }
    }

    /// Resolves the path and does the work on a thread that may block.
    async fn with_path<T: Send + 'static>(
        &self,
        path: &WorldPath,
        work: impl FnOnce(PathBuf, &Shared) -> Result<T, WorldError> + Send + 'static,
    ) -> Result<T, WorldError> {
        let (base, written, shared) = (self.base(), path.0.clone(), Arc::clone(&self.shared));
        let done = self.shared.pool.run(move || work(base.resolve(&written)?, &shared)).await;
        done.unwrap_or_else(|e| Err(WorldError::Io { path: path.0.clone(), reason: e.to_string() }))
    }

    /// The folder a command starts in. Commands have the user's rights, so they may start anywhere a path may lead.
    async fn folder(&self, folder: Option<&WorldPath>) -> Result<PathBuf, WorldError> {
        let (named, written) = (folder.is_some(), folder.cloned().unwrap_or_else(|| WorldPath(self.root.clone())));
        self.with_path(&written, move |path, _| {
            let io = |e: std::io::Error| WorldError::Io { path: path.display().to_string(), reason: e.to_string() };
            match (path.is_dir(), named) {
                (true, _) => Ok(path),
                (false, true) => Err(WorldError::NotFound(path.display().to_string())),
                (false, false) => std::fs::create_dir_all(&path).map_err(io).map(|()| path),
            }
        })
        .await
    }

    async fn start(&self, launch: &Launch, command: Command) -> Result<Started, WorldError> {
        let shared = Arc::clone(&self.shared);
        let failed = |reason: String| WorldError::Io { path: command.line.chars().take(80).collect(), reason };
        let Some(size) = launch.terminal else {
            let pipes = start_on_pipes(&command, &shared.pool, shared.grace, &shared.cancel);
            return pipes.map_err(|e| failed(e.to_string()));
        };
        let on_terminal = {
            let (command, shared) = (command.clone(), Arc::clone(&shared));
            self.shared
                .pool
                .run(move || start_on_terminal(&command, size, (&shared.pool, &shared.terminals), shared.grace))
        };
        match on_terminal.await {
            Ok(Ok(started)) => Ok(started),
            Ok(Err(reason)) => {
                let started = start_on_pipes(&command, &shared.pool, shared.grace, &shared.cancel);
                let started = started.map_err(|e| failed(e.to_string()))?;
                started.process.feed(format!("[no terminal ({reason}); plain input and output]\n").as_bytes());
                Ok(started)
            }
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

#[async_trait]
impl World for HostWorld {
    async fn read(&self, path: &WorldPath, limit: u64) -> Result<(Bytes, FileStamp), WorldError> {
        self.with_path(path, move |path, _| files::read(&path, limit)).await
    }

    async fn stamp(&self, path: &WorldPath) -> Result<Option<FileStamp>, WorldError> {
        self.with_path(path, |path, _| files::stamp(&path)).await
    }

    async fn write(&self, path: &WorldPath, content: Bytes, over: Option<FileStamp>) -> Result<FileStamp, WorldError> {
        self.with_path(path, move |path, shared| files::replace(&path, &content, over.as_ref(), &shared.replacing))
            .await
    }

    async fn spawn(&self, launch: Launch) -> Result<Arc<dyn Process>, WorldError> {
        let folder = self.folder(launch.folder.as_ref()).await?;
        let machine = &self.shared.machine;
        let mut env = environment::inherited(&machine.env, &machine.secret_env, &launch);
        if launch.terminal.is_some() {
            // What the gateway itself was started on says nothing about this terminal.
            env.insert("TERM".to_owned(), "xterm-256color".to_owned());
        }
        env.extend(launch.env.clone());
        env.insert(MARK.to_owned(), launch.mark.clone());
        let command = Command {
            shell: environment::shell(&machine.env),
            line: launch.command.clone(),
            folder,
            env,
            mark: launch.mark.clone(),
            input: launch.input || launch.terminal.is_some(),
        };
        let Started { process, watch } = self.start(&launch, command).await?;
        let watched = Arc::clone(&process);
        let spawned = self.shared.tasks.try_spawn(|cancel| watched.watch(watch, launch.timeout, cancel));
        if spawned.is_err() {
            process.tree().end(&self.shared.pool, std::time::Duration::ZERO).await;
            let reason = "too many commands run already".to_owned();
            return Err(WorldError::Io { path: launch.command.chars().take(80).collect(), reason });
        }
        Ok(process)
    }

    fn root(&self) -> &str {
        &self.root
    }
}
