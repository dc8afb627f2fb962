"""The bench of the journal: what its projection writes, and what is asked of it."""

from console.bench import journal as bench


def test_the_journal_is_written_again_and_again_and_asked_at_any_time(
    service_settings, services, monkeypatch
):
    monkeypatch.setattr(bench, "PAIRS", 40)
    said = []
    found = bench.measure_journal(service_settings, services, postings=2_000, say=said.append)
    assert 2_000 <= found["postings"] < 2_000 + 40 * found["postings_per_cdr"]
    assert found["postings_per_cdr"] >= 6
    write = found["write"]
    assert min(write["postings_per_s"], write["postings_per_s_of_one_core"]) > 0
    assert set(write["cpu_us_per_posting"]) == {"ours", "PostgreSQL"}
    asked = found["trial_balance"]
    accounts = [asked[name]["accounts"] for name in ("known at 0.13", "known at 0.87", "now")]
    assert 0 < accounts[0] <= accounts[1] <= accounts[2]
    assert len(said) == 3
