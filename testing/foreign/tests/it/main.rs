//! The built binary, spoken to by clients that are not ours.

#[cfg(test)]
mod complete;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod existing_folder;
#[cfg(test)]
mod independent_model;
#[cfg(test)]
mod independent_telegram;
#[cfg(test)]
mod published_client;
#[cfg(test)]
mod python_client;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod witness;
