//! The 24-hour rule at its borders.

use super::*;

fn provisioned(mibps: f64) -> Throughput {
    Throughput { mode: ThroughputMode::Provisioned, mibps: Some(mibps) }
}

fn of(mode: ThroughputMode) -> Throughput {
    Throughput { mode, mibps: None }
}

#[test]
fn after_a_change_the_mode_stays_and_the_amount_only_grows_for_a_day() {
    let (elastic, bursting) = (of(ThroughputMode::Elastic), of(ThroughputMode::Bursting));
    for (before, after, restricted) in [
        (bursting, elastic, true),
        (elastic, bursting, true),
        (bursting, provisioned(1.0), true),
        (provisioned(1.0), elastic, true),
        (provisioned(2.0), provisioned(1.0), true),
        (provisioned(1.0), provisioned(2.0), false),
    ] {
        for (free_ms, now, refused) in [
            (None, 0, false),
            (Some(7), 0, restricted),
            (Some(7), 6, restricted),
            (Some(7), 7, false),
        ] {
            let changed = change(before, after, free_ms, now);
            assert_eq!(changed.is_err(), refused, "{before:?} {after:?} {free_ms:?} {now}");
        }
    }
}

#[test]
fn the_time_of_the_message_is_when_it_is_allowed() {
    assert_eq!(utc(1_703_854_292_000).to_string(), "2023-12-29T12:51:32Z");
    assert_eq!(utc(1_703_854_291_001).to_string(), "2023-12-29T12:51:32Z");
}
