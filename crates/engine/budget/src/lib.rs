//! Reserves before and settles after everything that costs money.
//!
//! The worst case of a call is taken out of every purse it belongs to before the call is made, in a committed line of
//! the ledger; the bill gives the rest back. A crash between the two leaves the worst case spent.

mod config;
mod ledger;
mod money;
mod price;
mod purse;
mod purses;

pub use crate::config::{Config, Limits};
pub use ledger::MIGRATIONS;
pub use money::Money;
pub use price::Tariff;
pub use purse::{Period, Purse, Spender};
pub use purses::{Expense, Purses, Refusal, Reservation, ReserveError};
