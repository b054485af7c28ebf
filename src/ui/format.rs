//! Numbers as people read them: grouped, short, with their unit.

use std::time::Duration;

use crate::count::{self, grouped};

/// Stands where there is no number.
pub const NONE: &str = "–";

/// 1234567 as "1,234,567".
pub fn count(n: u64) -> String {
    grouped(n)
}

/// A count and what is counted: "1 point", "12,345 points". The plural takes an s.
pub fn counted(n: u64, thing: &str) -> String {
    count::counted(n, thing)
}

/// Three digits and a power of thousand: 999 as "999", 1234 as "1.23 k", 5.6e9 as "5.60 G".
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    if value.abs() < 999.5 {
        return if value.fract() == 0.0 { format!("{value}") } else { number(value) };
    }
    let mut value = value;
    for unit in ["k", "M", "G", "T"] {
        value /= 1000.0;
        if value.abs() < 999.5 || unit == "T" {
            let digits = if value.abs() < 9.995 {
                2
            } else if value.abs() < 99.95 {
                1
            } else {
                0
            };
            return format!("{value:.digits$} {unit}");
        }
    }
    NONE.to_owned()
}

/// Four figures of any number: "0.1234", "12.34", "1234", "1.234e-5", "1.234e6".
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if !(1e-3..1e5).contains(&size) {
        return format!("{value:.3e}");
    }
    // Rounding may carry into one more figure before the point (9.9999): the figure after it goes then.
    let before = size.log10().floor() as i32;
    let carried = (size * 10f64.powi(3 - before)).round() >= 1e4;
    let digits = (3 - before - i32::from(carried)).max(0) as usize;
    format!("{value:.digits$}")
}

/// A share, 0 to 1, in percent: "64 %", "7.3 %", "99.7 %", "< 0.1 %". Never 0 or 100 unless it is.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return NONE.to_owned();
    }
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        return "< 0.1 %".to_owned();
    }
    if percent > 99.9 && percent < 100.0 {
        return "> 99.9 %".to_owned();
    }
    let near_an_end = (percent < 9.95 && percent > 0.0) || (percent > 90.0 && percent < 100.0);
    if near_an_end && percent.fract() != 0.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// A probability with three decimals and no leading zero: ".123", "1.00", "< .001" for what is not zero but would look it.
pub fn probability(p: f64) -> String {
    if !p.is_finite() {
        NONE.to_owned()
    } else if p > 0.0 && p < 0.000_5 {
        "< .001".to_owned()
    } else if p >= 0.999_5 {
        format!("{p:.2}")
    } else {
        format!("{p:.3}").replacen("0.", ".", 1)
    }
}

/// A time that was taken or is left, in its two largest units: "0.3 s", "45 s", "1 min 20 s", "2 h 5 min", "3 d 4 h".
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| {
        if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
    };
    match whole {
        0..60 => format!("{whole} s"),
        60..3_600 => two(whole / 60, "min", whole % 60, "s"),
        3_600..86_400 => two(whole / 3_600, "h", whole % 3_600 / 60, "min"),
        _ => two(whole / 86_400, "d", whole % 86_400 / 3_600, "h"),
    }
}

/// A size in bytes: "512 B", "1.5 kB", "23 MB", "1.2 GB". A kilobyte is 1000 bytes.
pub fn bytes(n: u64) -> String {
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    for unit in ["kB", "MB", "GB", "TB"] {
        value /= 1000.0;
        if value < 999.5 || unit == "TB" {
            return if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") };
        }
    }
    NONE.to_owned()
}

/// At most `most` characters of `text`: what does not fit goes out of the middle, so that both ends of a path or an id
/// are seen.
pub fn elide(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most || most < 3 {
        return text.chars().take(most).collect();
    }
    let kept = most - 1;
    let head: String = text.chars().take(kept.div_ceil(2)).collect();
    let tail: String = text.chars().skip(length - kept / 2).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_numbers_have_three_figures_and_a_unit() {
        for (value, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (999.0, "999"),
            (999.6, "1.00 k"),
            (1234.0, "1.23 k"),
            (-1234.0, "-1.23 k"),
            (12_345.0, "12.3 k"),
            (123_456.0, "123 k"),
            (999_999.0, "1.00 M"),
            (5.6e9, "5.60 G"),
            (1e18, "1000000 T"),
            (f64::NAN, NONE),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn numbers_have_four_figures() {
        for (value, text) in [
            (0.0, "0"),
            (0.123_44, "0.1234"),
            (9.999_96, "10.00"),
            (12.344, "12.34"),
            (1234.4, "1234"),
            (-0.5, "-0.5000"),
            (0.000_012_34, "1.234e-5"),
            (1_234_000.0, "1.234e6"),
            (f64::INFINITY, NONE),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn shares_are_percent_and_never_lie_about_the_ends() {
        for (share, text) in [
            (0.0, "0 %"),
            (0.000_1, "< 0.1 %"),
            (0.003_9, "0.4 %"),
            (0.073, "7.3 %"),
            (0.64, "64 %"),
            (0.997, "99.7 %"),
            (0.999_9, "> 99.9 %"),
            (1.0, "100 %"),
            (f64::NAN, NONE),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn probabilities_have_three_decimals() {
        for (p, text) in
            [(0.0, ".000"), (0.000_1, "< .001"), (0.123_4, ".123"), (0.999_2, ".999"), (1.0, "1.00"), (f64::NAN, NONE)]
        {
            assert_eq!(probability(p), text);
        }
    }

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, text) in [
            (0.26, "0.3 s"),
            (9.96, "10 s"),
            (45.4, "45 s"),
            (59.6, "1 min"),
            (80.0, "1 min 20 s"),
            (7_500.0, "2 h 5 min"),
            (273_600.0, "3 d 4 h"),
        ] {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), text);
        }
    }

    #[test]
    fn sizes_are_decimal() {
        for (n, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1500, "1.5 kB"),
            (23_400_000, "23 MB"),
            (999_600_000, "1.0 GB"),
            (1_200_000_000, "1.2 GB"),
        ] {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn what_does_not_fit_goes_from_the_middle() {
        assert_eq!(elide("abcdefghij", 5), "ab…ij");
        assert_eq!(elide("abcdefghij", 6), "abc…ij");
        assert_eq!(elide("abc", 3), "abc");
        assert_eq!(elide("äöüß€", 4), "äö…€");
    }

    proptest! {
        #[test]
        fn an_elided_text_never_exceeds_its_room(text in ".{0,40}", most in 0usize..40) {
            prop_assert!(elide(&text, most).chars().count() <= most);
        }

        #[test]
        fn grouping_loses_no_digit(n: u64) {
            prop_assert_eq!(count(n).replace(',', "").parse::<u64>().ok(), Some(n));
        }
    }
}
