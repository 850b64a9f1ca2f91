using System.Collections.Immutable;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Fuzz.Flips;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Mutations;

/// <summary>The documented list of mutations of whole fields and documents; <c>docs/mutations.md</c> shows it.</summary>
public static partial class FieldMutations
{
    private const string SgxTdx = "SGX or TDX";
    private const string SevSnp = "SEV-SNP";

    // Lazy, as their parts stand in other files of the class, whose order of initialisation nobody promises.
    private static readonly Lazy<EvidencePolicy> s_policy = new(() => EvidencePolicy.Default with
    {
        ReportData = ReportData,
        Sgx = new SgxPolicy { MrEnclaves = [Enclave.MrEnclave] },
        Tdx = new TdxPolicy { MrTds = [Simulated.Td.MrTd] },
        Snp = new SnpPolicy { Measurements = [Simulated.Guest.Measurement] },
    });

    private static readonly Lazy<ImmutableArray<FieldMutation>> s_all = new(List);

    /// <summary>Every row, in the order of the page.</summary>
    public static ImmutableArray<FieldMutation> All => s_all.Value;

    private static ImmutableArray<FieldMutation> List() =>
    [
        .. s_dcap.Select(row => new FieldMutation(
            row.Value.Kind switch { "sgx" => "SGX", "tdx" => "TDX", _ => SgxTdx }, row.Key, [.. row.Value.Expected],
            () => Scenario(row.Value.Kind, Simulated.Dcap.With(row.Value.Change)))),
        .. s_workloads.Select(row => new FieldMutation(
            row.Value.Tee is Tee.Sgx ? "SGX" : "TDX", row.Key, [row.Value.Expected],
            () => [("simulated", Verify(row.Value.Make(Simulated.Dcap), row.Value.Tee, Simulated.Dcap))])),
        .. QuoteSubstitutions,
        .. s_snp.Select(row => new FieldMutation(
            SevSnp, row.Key, [.. row.Value.Expected],
            () => Enum.GetValues<SnpProduct>().Select(product => (
                product.ToString(), Verify(Simulated.Snp(product).With(row.Value.Change), Simulated.Guest))))),
        .. s_guests.Select(row => new FieldMutation(
            SevSnp, row.Key, [row.Value.Expected],
            () => Enum.GetValues<SnpProduct>().Select(product => (
                product.ToString(), Verify(Simulated.Snp(product), row.Value.Change(Simulated.Guest)))))),
        .. SnpSubstitutions,
    ];

    private static IEnumerable<(string, FlipOutcome)> Scenario(string kind, SimulatedDcap dcap)
    {
        for (var version = 3; kind is not "tdx" && version <= 5; version++)
        {
            yield return ($"SGX v{version}", Verify(dcap.QuoteSgx(Enclave, ReportData, version), Tee.Sgx, dcap));
        }

        if (kind is "sgx")
        {
            yield break;
        }

        yield return ("TDX v4", Verify(dcap.QuoteTdx(Simulated.Td, ReportData, 4), Tee.Tdx, dcap));
        foreach (var report in Enum.GetValues<TdReportKind>())
        {
            yield return ($"TDX v5, {report}", Verify(dcap.QuoteTdx(Simulated.Td with { Kind = report }, ReportData, 5), Tee.Tdx, dcap));
        }
    }

    private static FlipOutcome Verify(byte[] quote, Tee tee, SimulatedDcap dcap) => Of(QuoteVerifier.Verify(
        quote, dcap.Collateral(tee, Simulated.Noon), Simulated.Roots, Simulated.Noon, s_policy.Value));

    private static FlipOutcome Verify(SimulatedSnp snp, SimulatedGuest guest) => Of(SnpReportVerifier.Verify(
        snp.Report(guest, ReportData, 5), snp.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon, s_policy.Value));

    private static FlipOutcome Of(Verdict verdict) => new(verdict.Accepted, verdict.Claims is not null, verdict.Checks);

    private static IEnumerable<CorpusCase> RealQuotes => CorpusCase.OfKind("sgx-quote", "tdx-quote")
        .Where(c => c.Expected.GetProperty("signature_chain").GetString() == "valid");
}
