//! Reads when a vendor wants us back.

use std::time::Duration;

/// The wait a vendor asked for: `retry-after-ms`, else `retry-after` as seconds or as a date.
///
/// A date is measured against the answer's own `date` header, so a wrong clock on this machine changes nothing;
/// without that header a date says nothing.
pub fn retry_after<'h>(header: impl Fn(&str) -> Option<&'h str>) -> Option<Duration> {
    if let Some(wait) = header("retry-after-ms").and_then(|value| fraction(value, 1000.0)) {
        return Some(wait);
    }
    let value = header("retry-after")?.trim();
    if let Some(wait) = fraction(value, 1.0) {
        return Some(wait);
    }
    let then = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(header("date")?.trim()).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

fn fraction(value: &str, per_second: f64) -> Option<Duration> {
    let number: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(number / per_second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        retry_after(|name| headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value))
    }

    #[test]
    fn seconds_milliseconds_and_dates_are_understood() {
        assert_eq!(read(&[("retry-after", " 7 ")]), Some(Duration::from_secs(7)));
        assert_eq!(read(&[("retry-after", "0.5")]), Some(Duration::from_millis(500)));
        assert_eq!(read(&[("retry-after", "9"), ("retry-after-ms", "1500")]), Some(Duration::from_millis(1500)));
        let date = ("retry-after", "Fri, 20 Nov 2026 09:30:10 GMT");
        assert_eq!(read(&[date, ("date", "Fri, 20 Nov 2026 09:30:00 GMT")]), Some(Duration::from_secs(10)));
        assert_eq!(read(&[date, ("date", "Fri, 20 Nov 2026 09:31:00 GMT")]), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_and_absence_give_no_figure() {
        for value in ["", "soon", "-5", "NaN", "inf", "1e400", "Fri, 20 Nov 2026 09:30:10 GMT"] {
            assert_eq!(read(&[("retry-after", value)]), None, "{value}");
        }
        assert_eq!(read(&[]), None);
    }
}
