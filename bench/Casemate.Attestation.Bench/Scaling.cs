using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Bench;

/// <summary>
/// The same verification on 1, 2, 4 … all logical processors, one thread each. "known": all threads share one
/// <see cref="VerificationCache"/> and look up the same entry, the worst case for its locks. "cold": no cache. Raw signatures, which share
/// nothing, show what the machine itself gives.
/// </summary>
internal static class Scaling
{
    private const int Rounds = 5;

    public static void Run(string jsonPath, TimeSpan perMeasurement)
    {
        var counts = ThreadCounts(Environment.ProcessorCount);
        using var stream = File.Create(jsonPath);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartArray();
        foreach (var (name, work) in Cases())
        {
            var rates = new double[counts.Count];
            _ = Rate(work, 1, perMeasurement);

            // The thread counts take turns, so that a slow spell of the machine does not hit one of them alone. The best round counts:
            // other work on the machine only ever takes away.
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < counts.Count; i++)
                {
                    rates[i] = Math.Max(rates[i], Rate(work, counts[i], perMeasurement));
                }
            }

            for (var i = 0; i < counts.Count; i++)
            {
                var efficiency = rates[i] / (counts[i] * rates[0]);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {name} | {counts[i]} | {rates[i]:N0} | {efficiency:P0} |"));
                json.WriteStartObject();
                json.WriteString("case", name);
                json.WriteNumber("threads", counts[i]);
                json.WriteNumber("rate", rates[i]);
                json.WriteNumber("efficiency", efficiency);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static List<int> ThreadCounts(int processors)
    {
        var counts = new List<int>();
        for (var count = 1; count < processors; count *= 2)
        {
            counts.Add(count);
        }

        counts.Add(processors);
        return counts;
    }

    // A factory per case: each thread gets work of its own, so that what threads share is the cache and nothing else.
    private static IEnumerable<(string Name, Func<Func<bool>> MakeWork)> Cases()
    {
        yield return ("raw P-256", () => RawWork(p256: 1, p384: 0));
        yield return ("raw P-384", () => RawWork(p256: 0, p384: 1));
        foreach (var (name, cache) in new (string, VerificationCache?)[] { ("known", new()), ("cold", null) })
        {
            yield return ($"SGX {name}", () => QuoteWork("automata-sgx-platCA-swhardening", cache));
            yield return ($"TDX {name}", () => QuoteWork("oe-tdx-v5-relaunch-advised", cache));
            yield return ($"SNP {name}", () => ReportWork("oak-turin-v5-vcek", cache));
        }
    }

    private static Func<bool> RawWork(int p256, int p384)
    {
        var raw = new RawSignatures();
        return () => raw.Verify(p256, p384);
    }

    private static Func<bool> QuoteWork(string id, VerificationCache? cache)
    {
        var evidence = CorpusCase.Get(id);
        var (quote, collateral, now) = (evidence.Quote, evidence.DcapCollateral(), evidence.VerifyAt);
        var status = Enum.Parse<TcbStatus>(evidence.ExpectedTcbStatus!);
        return () =>
        {
            var verdict = QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, now, EvidencePolicy.EvidenceOnly, cache);
            return verdict.TcbStatus == status && IsGenuine(verdict);
        };
    }

    // These platforms are not up to date; nothing else may be wrong with them.
    private static bool IsGenuine(Verdict verdict)
    {
        foreach (var check in verdict.Checks)
        {
            if (check is { Outcome: CheckOutcome.Failed, Id: not CheckId.TcbStatus })
            {
                return false;
            }
        }

        return true;
    }

    private static Func<bool> ReportWork(string id, VerificationCache? cache)
    {
        var evidence = CorpusCase.Get(id);
        var (report, endorsements, now) = (evidence.Report, evidence.SnpEndorsements(), evidence.VerifyAt);
        return () => SnpReportVerifier.Verify(
            report, endorsements, TrustRoots.Production, now, EvidencePolicy.EvidenceOnly, cache).Accepted;
    }

    /// <summary>Verifications a second over all threads.</summary>
    private static double Rate(Func<Func<bool>> makeWork, int threads, TimeSpan duration)
    {
        using var start = new Barrier(threads + 1);
        var counts = new long[threads];
        var elapsed = new TimeSpan[threads];
        var failures = 0;
        var workers = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            var (index, work) = (i, makeWork());
            workers[i] = new Thread(() =>
            {
                var count = 0L;
                var good = work();
                start.SignalAndWait();
                var begin = Stopwatch.GetTimestamp();
                TimeSpan passed;
                do
                {
                    good &= work();
                    count++;
                    passed = Stopwatch.GetElapsedTime(begin);
                }
                while (passed < duration);
                (counts[index], elapsed[index]) = (count, passed);
                if (!good)
                {
                    Interlocked.Increment(ref failures);
                }
            });
            workers[i].Start();
        }

        start.SignalAndWait();
        foreach (var worker in workers)
        {
            worker.Join();
        }

        return failures == 0
            ? Enumerable.Range(0, threads).Sum(i => counts[i] / elapsed[i].TotalSeconds)
            : throw new InvalidOperationException("a verification under load gave another verdict than alone");
    }
}
