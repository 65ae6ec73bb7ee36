//! A workspace with its world, its tools and a session that calls them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::Live;
use parking_lot::Mutex;
use sandbox::{Config, Ended, Machine, Parts, Processes, Worlds};
use serde_json::{Value, value::RawValue};
use stdx::{AbsPath, CancellationToken, Clock, OsEntropy, SystemClock};
use store::Store;
use tool::{AnyTool, Content, ToolContext, ToolError, ToolOutput, World};

/// Long enough for a busy machine; a test that gets here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const GRACE: Duration = Duration::from_millis(200);

pub(crate) struct Room {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) worlds: Worlds,
    pub(crate) world: Arc<dyn World>,
    pub(crate) processes: Arc<Processes>,
    pub(crate) tools: Vec<Arc<dyn AnyTool>>,
    pub(crate) cx: ToolContext,
    pub(crate) ended: Arc<Mutex<Vec<Ended>>>,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self::with(Config::default(), &[])
    }

    pub(crate) fn with(config: Config, env: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::memory(sandbox::MIGRATIONS, Arc::new(SystemClock)).unwrap();
        Self::over(folder, store, config, env)
    }

    pub(crate) fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let store = Store::memory(sandbox::MIGRATIONS, Arc::clone(&clock)).unwrap();
        Self::made_of(tempfile::tempdir().unwrap(), store, clock, Config::default(), &[])
    }

    pub(crate) fn over(folder: tempfile::TempDir, store: Store, config: Config, env: &[(&str, &str)]) -> Self {
        Self::made_of(folder, store, Arc::new(SystemClock), config, env)
    }

    fn made_of(
        folder: tempfile::TempDir,
        store: Store,
        clock: Arc<dyn Clock>,
        config: Config,
        env: &[(&str, &str)],
    ) -> Self {
        let cancel = CancellationToken::new();
        let root = AbsPath::new(folder.path().canonicalize().unwrap()).unwrap();
        let config = Live::fixed(config);
        let mut all: BTreeMap<String, String> = std::env::vars().collect();
        all.extend(env.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let machine = Machine { env: all, home: root.join("home"), config: config.clone(), secret_env: Vec::new() };
        let worlds = Worlds::new(machine, &cancel).with_grace(GRACE);
        let world = worlds.host(root.join("clawd"));
        std::fs::create_dir_all(root.join("clawd")).unwrap();
        let ended = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&ended);
        let parts = Parts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::new(OsEntropy),
            exec: Arc::new(move |_| config.get().exec.clone()),
            on_end: Arc::new(move |end: &Ended| told.lock().push(end.clone())),
        };
        let processes = Processes::new(parts, &cancel);
        let tools = sandbox::tools(&processes, clock);
        let cx = ToolContext {
            world: Arc::clone(&world),
            cancel,
            progress: Arc::new(|_| {}),
            agent: "main".parse().unwrap(),
            session: "agent:main:main".parse().unwrap(),
            run: "run-1".parse().unwrap(),
            call: "call-1".into(),
            conversation: None,
            sees_images: true,
        };
        Self { folder, store, worlds, world, processes, tools, cx, ended }
    }

    /// A path in the workspace.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        PathBuf::from(self.world.root()).join(path)
    }

    pub(crate) async fn call(&self, tool: &str, input: Value) -> Result<ToolOutput, ToolError> {
        self.call_as(&self.cx, tool, input).await
    }

    pub(crate) async fn call_as(&self, cx: &ToolContext, tool: &str, input: Value) -> Result<ToolOutput, ToolError> {
        let tool = self.tools.iter().find(|t| t.spec().name == tool).unwrap();
        let raw = RawValue::from_string(input.to_string()).unwrap();
        let call = tool.prepare(&raw)?.run(cx.clone());
        tokio::time::timeout(PATIENCE, call).await.expect("the call does not come back")
    }

    /// The text of a call that worked.
    pub(crate) async fn says(&self, tool: &str, input: Value) -> String {
        text(&self.call(tool, input).await.unwrap())
    }

    /// The words of a call that did not.
    pub(crate) async fn refuses(&self, tool: &str, input: Value) -> String {
        self.call(tool, input).await.unwrap_err().to_string()
    }

    /// Starts a command in the background and gives its name.
    pub(crate) async fn start(&self, mut input: Value) -> String {
        input["background"] = true.into();
        let output = self.call("exec", input).await.unwrap();
        output.details["sessionId"].as_str().unwrap().to_owned()
    }

    /// Polls until the output has this text; gives all that came.
    pub(crate) async fn hear(&self, id: &str, wanted: &str) -> String {
        let mut heard = String::new();
        let listen = async {
            while !heard.contains(wanted) {
                let output =
                    self.call("process", serde_json::json!({"action": "poll", "sessionId": id})).await.unwrap();
                let said = text(&output);
                let (news, state) = said.rsplit_once("\n\n[").unwrap();
                heard.push_str(Some(news).filter(|news| *news != "(no new output)").unwrap_or_default());
                assert!(heard.contains(wanted) || state == "running]", "ended [{state} and said {heard:?}");
            }
        };
        if tokio::time::timeout(PATIENCE, listen).await.is_err() {
            panic!("never said {wanted:?}, but {heard:?}");
        }
        heard
    }
}

pub(crate) fn text(output: &ToolOutput) -> String {
    let texts = output.content.iter().filter_map(|content| match content {
        Content::Text(text) => Some(text.as_str()),
        Content::Image(_) => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}
