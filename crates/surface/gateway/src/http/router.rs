//! Who answers which path.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use parking_lot::RwLock;

use super::{HttpRequest, HttpResponse};

/// Answers requests at the paths it is mounted on.
#[async_trait]
pub trait Route: Send + Sync {
    /// A larger body is refused with 413 before `answer` is asked.
    fn body_limit(&self) -> usize {
        64 * 1024
    }

    /// `None`: not mine after all; the next route is asked.
    async fn answer(&self, request: &HttpRequest) -> Option<HttpResponse>;
}

#[derive(Clone)]
struct Entry {
    number: u64,
    /// Without the `*` of a pattern that covers everything below.
    path: String,
    is_prefix: bool,
    route: Arc<dyn Route>,
}

/// All mounted routes: exact paths first, then the longest prefix.
#[derive(Default)]
pub(crate) struct Router(RwLock<(u64, Vec<Entry>)>);

/// A mounted route; dropping it takes the route away.
#[must_use = "the route is taken away when this is dropped"]
#[derive(Debug)]
pub struct Mounted {
    router: Arc<Router>,
    number: Option<u64>,
}

impl Mounted {
    /// Keeps the route as long as the gateway lives.
    pub fn forever(mut self) {
        self.number = None;
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.router.0.write().1.retain(|entry| entry.number != number);
        }
    }
}

impl Router {
    pub(crate) fn mount(self: &Arc<Self>, pattern: &str, route: Arc<dyn Route>) -> Mounted {
        let (path, is_prefix) = match pattern.strip_suffix('*') {
            Some(path) => (path.to_owned(), true),
            None => (pattern.to_owned(), false),
        };
        let mut inner = self.0.write();
        inner.0 += 1;
        let number = inner.0;
        inner.1.push(Entry { number, path, is_prefix, route });
        inner.1.sort_by_key(|entry| (entry.is_prefix, std::cmp::Reverse(entry.path.len()), entry.number));
        drop(inner);
        Mounted { router: Arc::clone(self), number: Some(number) }
    }

    pub(super) fn candidates(&self, path: &str) -> Vec<Arc<dyn Route>> {
        let fits = |entry: &&Entry| if entry.is_prefix { path.starts_with(&entry.path) } else { path == entry.path };
        self.0.read().1.iter().filter(fits).map(|entry| Arc::clone(&entry.route)).collect()
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.read().1.iter().map(|entry| &entry.path)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures_util::FutureExt as _;

    use super::*;

    struct Says(&'static str);

    #[async_trait]
    impl Route for Says {
        async fn answer(&self, _: &HttpRequest) -> Option<HttpResponse> {
            Some(HttpResponse::text(200, self.0))
        }
    }

    fn asked(router: &Router, path: &str) -> Vec<String> {
        let request = HttpRequest {
            method: "GET".into(),
            path: path.into(),
            query: None,
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            address: Ipv4Addr::LOCALHOST.into(),
            is_local: true,
        };
        let answers = router.candidates(path).into_iter().map(|route| {
            String::from_utf8(route.answer(&request).now_or_never().unwrap().unwrap().body.to_vec()).unwrap()
        });
        answers.collect()
    }

    #[test]
    fn an_exact_path_goes_before_a_prefix_and_a_long_prefix_before_a_short() {
        let router = Arc::new(Router::default());
        router.mount("/*", Arc::new(Says("all"))).forever();
        router.mount("/hooks/*", Arc::new(Says("hooks"))).forever();
        let one = router.mount("/hooks/telegram", Arc::new(Says("one")));
        assert_eq!(asked(&router, "/hooks/telegram"), ["one", "hooks", "all"]);
        assert_eq!(asked(&router, "/other"), ["all"]);
        drop(one);
        assert_eq!(asked(&router, "/hooks/telegram"), ["hooks", "all"]);
    }
}
