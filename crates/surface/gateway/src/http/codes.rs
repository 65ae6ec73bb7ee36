//! One-time codes of the page: the address the owner opens carries a code, not the token, because addresses stay in
//! histories and logs. The page exchanges the code for the token, once, within ten minutes.

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use stdx::{Entropy as _, OsEntropy, Secret, TtlMap};

const TTL: Duration = Duration::from_secs(10 * 60);
/// Codes at once; the oldest makes room.
const MOST: usize = 16;

#[derive(Debug)]
pub(crate) struct PageCodes {
    token: Option<Secret>,
    codes: Mutex<TtlMap<String, ()>>,
}

impl PageCodes {
    pub(crate) fn new(token: Option<Secret>) -> Self {
        Self { token, codes: Mutex::new(TtlMap::new(MOST, TTL)) }
    }

    /// A fresh code: 128 bits, so that guessing is hopeless.
    pub(crate) fn issue(&self, now: Instant) -> String {
        let mut bytes = [0; 16];
        OsEntropy.fill(&mut bytes);
        let code = URL_SAFE_NO_PAD.encode(bytes);
        self.codes.lock().insert(code.clone(), (), now);
        code
    }

    /// The token for a code that was not used before.
    pub(crate) fn redeem(&self, code: &str, now: Instant) -> Option<Secret> {
        self.codes.lock().remove(code, now)?;
        Some(self.token.clone().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use stdx::{Clock as _, SystemClock};

    use super::*;

    #[test]
    fn a_code_works_once_and_for_ten_minutes() {
        let (codes, now) = (PageCodes::new(Some("t0k".into())), SystemClock.now());
        let code = codes.issue(now);
        assert_eq!(codes.redeem("guess", now), None);
        assert_eq!(codes.redeem(&code, now).unwrap().expose(), "t0k");
        assert_eq!(codes.redeem(&code, now), None);
        let late = codes.issue(now);
        assert_eq!(codes.redeem(&late, now + TTL), None);
    }
}
