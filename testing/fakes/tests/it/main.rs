//! The fakes do what tests order.

#![cfg(test)]

mod model;
mod telegram_control;
mod telegram_hook;
