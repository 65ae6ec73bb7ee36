//! Purses over a real store: what is refused, what a bill gives back, and what a crash leaves behind.

#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use budget::{Config, Expense, Limits, MIGRATIONS, Money, Period, Purse, Purses, Reservation, ReserveError, Spender};
use config::{Live, LiveSetter, Section as _};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use provider::Usage;
use stdx::{AbsPath, Clock as _, ManualClock};
use store::Store;

/// 2026-01-30, 12:00 in London.
const NOON: i64 = 1_769_774_400_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Bench {
    purses: Purses,
    clock: ManualClock,
    limits: LiveSetter<Config>,
    store: Store,
}

impl Bench {
    async fn new(config: Config) -> Self {
        let clock = ManualClock::new(NOON);
        let store = Store::memory(MIGRATIONS, Arc::new(clock.clone())).unwrap();
        Self::over(store, clock, config).await
    }

    async fn over(store: Store, clock: ManualClock, config: Config) -> Self {
        let (limits, live) = Live::new(config);
        let purses = Purses::open(store.clone(), live, TimeZone::UTC).await.unwrap();
        Self { purses, clock, limits, store }
    }

    async fn reserve(&self, cents: u64) -> Result<Reservation, ReserveError> {
        self.purses.reserve(expense(cents)).await
    }

    async fn spent(&self, purse: &Purse, period: Period) -> Money {
        self.purses.spent(purse, period, self.clock.now_ms()).await.unwrap()
    }

    async fn facts(&self) -> Vec<String> {
        let read = self
            .store
            .read(|view| view.query("SELECT cause || ' ' || kind FROM facts ORDER BY id", [], |row| row.get(0)));
        read.await.unwrap()
    }
}

fn spender() -> Spender {
    Spender {
        agent: "main".parse().unwrap(),
        person: Some("telegram:42".into()),
        chat: Some("agent:main:main".parse().unwrap()),
        job: None,
    }
}

fn expense(worst: u64) -> Expense {
    Expense { spender: spender(), cause: "r_1".into(), what: "fake/model".into(), worst: cents(worst) }
}

fn cents(cents: u64) -> Money {
    Money::from_micros(cents * 10_000)
}

fn a_day(dollars: f64) -> Config {
    Config { day: Some(dollars), ..Config::default() }
}

fn refusal(error: ReserveError) -> String {
    match error {
        ReserveError::Empty(refusal) => refusal.to_string(),
        ReserveError::Store(error) => panic!("the store failed: {error}"),
    }
}

#[tokio::test]
async fn a_purse_of_one_cent_refuses_before_the_call_and_says_where_the_limit_is() {
    let bench = Bench::new(a_day(0.01)).await;
    let refused = refusal(bench.reserve(2).await.unwrap_err());
    assert_eq!(
        refused,
        "I stopped before a paid call: it could cost up to $0.02, and of the $0.01 a day for everything together only \
         $0.01 is left. The limit is budget.day in the configuration."
    );
    assert_eq!(bench.spent(&Purse::All, Period::Day).await, Money::ZERO);
    assert_eq!(bench.facts().await, ["r_1 budget.refused"]);
}

#[tokio::test]
async fn what_costs_nothing_passes_an_empty_purse() {
    let bench = Bench::new(a_day(0.0)).await;
    let reservation = bench.reserve(0).await.unwrap();
    bench.purses.settle(reservation, Money::ZERO, Usage::default()).await.unwrap();
    assert_eq!(bench.facts().await, ["r_1 budget.reserved", "r_1 budget.settled"]);
}

#[tokio::test]
async fn the_bill_gives_the_rest_back_to_every_purse() {
    let bench = Bench::new(a_day(1.0)).await;
    let first = bench.reserve(90).await.unwrap();
    refusal(bench.reserve(20).await.unwrap_err());
    bench.purses.settle(first, cents(30), Usage { input: 5, ..Usage::default() }).await.unwrap();
    let _second = bench.reserve(70).await.unwrap();
    for purse in spender().purses() {
        assert_eq!(bench.spent(&purse, Period::Day).await, cents(100), "{purse}");
        assert_eq!(bench.spent(&purse, Period::Month).await, cents(100), "{purse}");
    }
}

#[tokio::test]
async fn a_call_that_never_left_costs_nothing() {
    let bench = Bench::new(a_day(1.0)).await;
    let reservation = bench.reserve(100).await.unwrap();
    bench.purses.release(reservation).await.unwrap();
    assert_eq!(bench.spent(&Purse::All, Period::Month).await, Money::ZERO);
}

#[tokio::test]
async fn a_new_day_fills_the_daily_purse_and_not_the_monthly_one() {
    let bench = Bench::new(Config { month: Some(1.5), ..a_day(1.0) }).await;
    let _today = bench.reserve(100).await.unwrap();
    bench.clock.advance(DAY);
    assert!(refusal(bench.reserve(60).await.unwrap_err()).contains("$1.50 a month"));
    let _tomorrow = bench.reserve(50).await.unwrap();
    bench.clock.advance(DAY);
    let _next_month = bench.reserve(100).await.unwrap();
}

#[tokio::test]
async fn a_limit_holds_for_its_person_alone_and_from_the_moment_it_is_set() {
    let bench = Bench::new(Config::default()).await;
    let _free = bench.reserve(500).await.unwrap();
    let people = BTreeMap::from([("telegram:42".to_owned(), Limits { day: Some(5.5), month: None })]);
    bench.limits.set(Config { people, ..Config::default() });
    assert!(refusal(bench.reserve(51).await.unwrap_err()).contains("for you only $0.50 is left"));
    let mut other = expense(51);
    other.spender.person = Some("telegram:7".into());
    let _other = bench.purses.reserve(other).await.unwrap();
}

#[tokio::test]
async fn a_crash_between_call_and_bill_leaves_the_worst_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = AbsPath::new(folder.path().join("state.sqlite")).unwrap();
    let clock = ManualClock::new(NOON);
    let open = || Store::open(&path, MIGRATIONS, Arc::new(clock.clone())).unwrap();
    let first = Bench::over(open(), clock.clone(), Config::default()).await;
    let settled = first.reserve(70).await.unwrap();
    let _lost = first.reserve(40).await.unwrap();
    first.purses.settle(settled, cents(10), Usage::default()).await.unwrap();
    first.store.close_blocking();
    drop(first);

    let second = Bench::over(open(), clock.clone(), a_day(0.60)).await;
    assert_eq!(second.spent(&Purse::All, Period::Day).await, cents(50));
    refusal(second.reserve(11).await.unwrap_err());
    let mut facts = second.facts().await;
    assert_eq!(facts.remove(3), "r_1 budget.expired");
    let third = Bench::over(second.store.clone(), clock, Config::default()).await;
    assert_eq!(third.spent(&Purse::All, Period::Day).await, cents(50));
}

#[tokio::test]
async fn fifty_runs_at_once_never_overdraw_a_purse() {
    let bench = Bench::new(a_day(1.0)).await;
    let mut runs = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let purses = bench.purses.clone();
        runs.spawn(async move { purses.reserve(expense(9)).await.is_ok() });
    }
    let granted = runs.join_all().await.into_iter().filter(|granted| *granted).count();
    assert_eq!((granted, bench.spent(&Purse::All, Period::Day).await), (11, cents(99)));
}

#[test]
fn a_limit_below_nothing_is_an_issue() {
    let mut issues = config::Issues::default();
    Config { month: Some(-1.0), ..Config::default() }.check(&mut issues);
    assert_eq!(issues.to_string(), "- budget.month: a limit cannot be below 0 dollars");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn purses_hold_what_was_billed_and_what_is_still_open(
        calls in prop::collection::vec((0u64..500, prop::option::of(0u64..600)), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new(Config::default()).await;
            let mut expected = Money::ZERO;
            for (worst, bill) in calls {
                let reservation = bench.reserve(worst).await.unwrap();
                if let Some(bill) = bill {
                    bench.purses.settle(reservation, cents(bill), Usage::default()).await.unwrap();
                }
                expected = expected.plus(cents(bill.unwrap_or(worst)));
            }
            for purse in spender().purses() {
                assert_eq!(bench.spent(&purse, Period::Month).await, expected);
            }
        });
    }
}
