using System.Collections.Immutable;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Tdx;
using Casemate.Attestation.Tests.Azure;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>The examples of docs/azure.md and docs/event-log.md: compiled, run, and compared with the pages.</summary>
public sealed class HandbookExamples
{
    [Fact]
    public void VerifiesAnAzureVm()
    {
        var (json, endorsements, now) = (new AzureVm().OnSnp().Write(), Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Noon);
        var (nonce64, paravisorMeasurement) = (AzureVm.NonceAsReportData, Simulated.Guest.Measurement);
        var pcrs = ImmutableSortedDictionary<int, ImmutableArray<byte[]>>.Empty.Add(11, [AzureVm.Pcrs[11]]);

        // example: azure.md
        var policy = EvidencePolicy.Default with
        {
            ReportData = nonce64,                                           // the nonce of the TPM, padded with zeros to 64 bytes
            Snp = new SnpPolicy { Measurements = [paravisorMeasurement] },
            Vtpm = new VtpmPolicy { Pcrs = pcrs, RequireUserData = true },
        };
        Verdict verdict = AzureEvidence.TryRead(json, Tee.Snp, out AzureEvidence? evidence, out string? error)
            ? AzureVerifier.Verify(evidence, endorsements, TrustRoots.Production, now, policy)
            : throw new InvalidDataException(error);
        // end

        // Simulated evidence: everything holds but the root.
        Assert.Equal([CheckId.TrustRoot], verdict.Reasons.Select(c => c.Id));
    }

    [Fact]
    public void VerifiesAnEventLog()
    {
        var eventLog = EventLogWriter.Ovmf().ToArray();
        Assert.True(CcEventLog.TryRead(eventLog, out var log, out _));
        var (expectedReportData, collateral, now) = (new byte[64], Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon), Simulated.Noon);
        var quote = Simulated.Dcap.QuoteTdx(Simulated.Td with { Rtmrs = log.Replay() }, expectedReportData);
        byte[] DigestOf(int number) => log.Events[number - 1].Digest.ToArray();
        var (firmware, kernel, commandLine, initialRamDisk) = (Simulated.Td.MrTd, DigestOf(12), DigestOf(17), DigestOf(18));

        // example: event-log.md
        var policy = EvidencePolicy.Default with
        {
            ReportData = expectedReportData,
            Tdx = new TdxPolicy
            {
                MrTds = [firmware],
                EventLog = new EventLogPolicy { Events = [new EventRule(1, [kernel]), new EventRule(2, [commandLine, initialRamDisk])] },
            },
        };
        Verdict verdict = EventLogVerifier.Verify(quote, eventLog, collateral, TrustRoots.Production, now, policy);
        foreach (CcEvent entry in verdict.EventLog?.Events ?? [])
        {
            Console.WriteLine($"{entry.Number}: RTMR{entry.Rtmr} {entry.TypeName} ({entry.DataBinding}) {entry.Text}");
        }
        // end

        Assert.False(verdict.Accepted);
        Assert.True(EventLogVerifier.Verify(quote, eventLog, collateral, Simulated.Roots, now, policy).Accepted);
    }

    [Fact]
    public void StandInTheHandbook_AsTheyAreRunHere()
    {
        var source = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Attestation.Tests", "HandbookExamples.cs"));
        var examples = 0;
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i].Trim().Split("// example: ") is ["", var page])
            {
                var lines = source.Skip(i + 1).TakeWhile(l => l.Trim() != "// end").Select(l => l.Length > 8 ? l[8..] : "");
                Assert.Contains(
                    string.Join('\n', lines), File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", page)), StringComparison.Ordinal);
                examples++;
            }
        }

        Assert.Equal(2, examples);
    }
}
