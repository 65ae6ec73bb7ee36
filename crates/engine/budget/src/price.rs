//! What a call may cost at most, and what it did cost.
//!
//! A price nobody knows is taken to be the dearest known, so that a purse is never emptied by surprise. A model
//! without a price on this machine or in the local network costs nothing: nobody sends a bill for it.

use std::net::IpAddr;

use provider::{Model, Price, Usage};
use url::{Host, Url};

use crate::money::Money;

/// Prices, including the one for models whose price nobody knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tariff {
    dearest: Price,
}

impl Tariff {
    /// Takes the dearest of all known prices, each kind of token by itself.
    #[must_use]
    pub fn new(known: impl IntoIterator<Item = Price>) -> Self {
        let dearest = known.into_iter().fold(Price::default(), |most, price| Price {
            input: most.input.max(price.input),
            output: most.output.max(price.output),
            cache_read: most.cache_read.max(price.cache_read),
            cache_write: most.cache_write.max(price.cache_write),
        });
        Self { dearest }
    }

    /// The price a model is billed at.
    #[must_use]
    pub fn price(&self, model: &Model) -> Price {
        match model.price {
            Some(price) => price,
            None if is_local(&model.base_url) => Price::default(),
            None => self.dearest,
        }
    }

    /// The most a call can cost: every prompt token at the dearest kind of input, and a full answer.
    #[must_use]
    pub fn worst_case(&self, model: &Model, prompt_tokens: u64, answer_tokens: u64) -> Money {
        let price = self.price(model);
        let dearest_input = price.input.max(price.cache_write).max(price.cache_read);
        let usage = Usage { input: prompt_tokens, output: answer_tokens, ..Usage::default() };
        Money::from_dollars(usage.cost(&Price { input: dearest_input, ..price }))
    }

    /// What a call did cost.
    #[must_use]
    pub fn bill(&self, model: &Model, usage: &Usage) -> Money {
        Money::from_dollars(usage.cost(&self.price(model)))
    }
}

/// Whether an address is this machine or one in its own network.
fn is_local(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    match url.host() {
        Some(Host::Ipv4(ip)) => is_near(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_near(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local") || !name.contains('.')
        }
        None => false,
    }
}

fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_near(IpAddr::V4(ip)),
            None => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider::{Api, Compat, Input};

    fn model(base_url: &str, price: Option<Price>) -> Model {
        Model {
            reference: "fake/model".parse().unwrap(),
            name: "Fake".to_owned(),
            api: Api::OpenaiCompletions,
            base_url: base_url.into(),
            reasoning: false,
            input: vec![Input::Text],
            context_window: 1000,
            max_tokens: 100,
            price,
            headers: Vec::new(),
            compat: Compat::default(),
        }
    }

    fn tariff() -> Tariff {
        let cheap = Price { input: 1.0, output: 75.0, cache_read: 0.1, cache_write: 2.0 };
        let dear = Price { input: 15.0, output: 60.0, cache_read: 1.5, cache_write: 18.75 };
        Tariff::new([cheap, dear])
    }

    #[test]
    fn an_unknown_price_is_the_dearest_known_of_each_kind() {
        let price = tariff().price(&model("https://api.example.com/v1", None));
        assert_eq!(price, Price { input: 15.0, output: 75.0, cache_read: 1.5, cache_write: 18.75 });
    }

    #[test]
    fn an_unpriced_model_on_this_machine_or_network_costs_nothing() {
        for url in
            ["http://127.0.0.1:11434", "http://localhost:1/v1", "http://[::1]:1", "http://10.0.0.7", "http://box:8080"]
        {
            assert_eq!(tariff().worst_case(&model(url, None), 1_000_000, 1_000_000), Money::ZERO, "{url}");
        }
    }

    #[test]
    fn a_stated_price_holds_on_this_machine_too() {
        let price = Price { input: 1.0, output: 2.0, ..Price::default() };
        let model = model("http://127.0.0.1:1", Some(price));
        assert_eq!(tariff().worst_case(&model, 1_000_000, 500_000), Money::from_dollars(2.0));
    }

    #[test]
    fn the_worst_case_is_never_below_the_bill() {
        let model = model("https://api.example.com", None);
        let usage = Usage { input: 10, cache_read: 20, cache_write: 70, output: 5 };
        assert!(tariff().worst_case(&model, 100, 5) >= tariff().bill(&model, &usage));
    }
}
