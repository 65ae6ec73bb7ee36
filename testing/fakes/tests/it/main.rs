//! The fakes do what tests order.

#![cfg(test)]

mod model;
