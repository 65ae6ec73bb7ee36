//! Where everything of this installation lies: decided once, from the flags and the environment.

use anyhow::{Context as _, Result};
use stdx::AbsPath;

use crate::environment::{self, Variables};

/// The port of the profile `dev`, which stands beside a normal gateway.
const DEV_PORT: u16 = 19_001;
const PORT: u16 = 18_789;

/// Which installation is meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Choice {
    /// Use a state folder of its own, ~/.clawdbot-<NAME>
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The profile `dev`, on port 19001
    #[arg(long, global = true)]
    pub(crate) dev: bool,
}

/// The folders and files of one installation.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) home: AbsPath,
    pub(crate) state: AbsPath,
    pub(crate) config: AbsPath,
    /// The machine's folder for temporary files.
    pub(crate) temporary: AbsPath,
    /// Without a name: the usual installation.
    pub(crate) profile: Option<String>,
    /// The port when neither a flag, the environment nor the config names one.
    pub(crate) default_port: u16,
}

impl Places {
    /// Decides. `here` is the folder the program was called in.
    pub(crate) fn choose(choice: &Choice, variables: &Variables, here: &AbsPath) -> Result<Self> {
        let said = |name| environment::text(variables, name);
        let home = said("HOME").context("HOME is not set: say where the home folder is")?;
        let home = AbsPath::new(home)?;
        let profile = if choice.dev { Some("dev") } else { choice.profile.as_deref().or(said("CLAWDBOT_PROFILE")) };
        let profile = profile.map(str::trim).filter(|name| !name.is_empty() && *name != "default");
        if let Some(name) = profile {
            let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') && name.len() <= 64;
            anyhow::ensure!(fits, "a profile's name is made of letters, digits, - and _: {name:?}");
        }
        let place = |text: &str| match text.strip_prefix('~') {
            Some(rest) => home.join(rest.trim_start_matches('/')),
            None => here.join(text),
        };
        let state = said("CLAWDBOT_STATE_DIR").map(place);
        let state = state.unwrap_or_else(|| home.join(suffixed(".clawdbot", profile)));
        let config = said("CLAWDBOT_CONFIG_PATH").map(place).unwrap_or_else(|| state.join("clawdbot.json"));
        Ok(Self {
            temporary: place(said("TMPDIR").unwrap_or("/tmp")),
            default_port: if profile == Some("dev") { DEV_PORT } else { PORT },
            profile: profile.map(str::to_owned),
            home,
            state,
            config,
        })
    }

    /// The file whose lock says who holds the state folder.
    pub(crate) fn lease(&self) -> AbsPath {
        self.state.join("gateway.lock")
    }

    /// The embedded database.
    pub(crate) fn database(&self) -> AbsPath {
        self.state.join("journal.sqlite")
    }

    pub(crate) fn logs(&self) -> AbsPath {
        self.state.join("logs")
    }

    /// Where the default agent works when the config names no folder.
    pub(crate) fn workspace(&self) -> AbsPath {
        self.home.join(suffixed("clawd", self.profile.as_deref()))
    }
}

fn suffixed(name: &str, profile: Option<&str>) -> String {
    profile.map_or_else(|| name.to_owned(), |profile| format!("{name}-{profile}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(choice: &Choice, pairs: &[(&str, &str)]) -> Places {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Places::choose(choice, &variables, &AbsPath::new("/here").unwrap()).unwrap()
    }

    #[test]
    fn a_profile_has_folders_of_its_own_and_the_environment_goes_first() {
        let usual = places(&Choice::default(), &[("HOME", "/h")]);
        assert_eq!((usual.state.to_string(), usual.default_port), ("/h/.clawdbot".to_owned(), 18_789));
        assert_eq!(usual.workspace().to_string(), "/h/clawd");
        let dev = places(&Choice { dev: true, profile: None }, &[("HOME", "/h")]);
        assert_eq!((dev.config.to_string(), dev.default_port), ("/h/.clawdbot-dev/clawdbot.json".to_owned(), 19_001));
        let work = Choice { dev: false, profile: Some("work".to_owned()) };
        let said = places(&work, &[("HOME", "/h"), ("CLAWDBOT_STATE_DIR", "~/s"), ("CLAWDBOT_CONFIG_PATH", "c.json")]);
        assert_eq!((said.state.to_string(), said.config.to_string()), ("/h/s".to_owned(), "/here/c.json".to_owned()));
        assert_eq!(said.workspace().to_string(), "/h/clawd-work");
    }

    #[test]
    fn a_profile_cannot_lead_out_of_the_home_folder() {
        let choice = Choice { dev: false, profile: Some("../x".to_owned()) };
        let variables = Variables::from([("HOME".to_owned(), "/h".to_owned())]);
        assert!(Places::choose(&choice, &variables, &AbsPath::new("/").unwrap()).is_err());
    }
}
