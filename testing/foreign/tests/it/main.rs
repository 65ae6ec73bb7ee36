//! The built binary, spoken to by clients that are not ours.

#[cfg(test)]
mod driver;
#[cfg(test)]
mod replay;
