using System.Collections.Immutable;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Tests.Azure;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>The examples of docs/azure.md: compiled, run, and compared with the page.</summary>
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

        Assert.Equal(1, examples);
    }
}
