using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>Evidence of Azure confidential VMs: what is accepted, and each check failing alone.</summary>
public sealed class AzureVerifierTests
{
    private static readonly EvidencePolicy s_policy = new()
    {
        ReportData = AzureVm.NonceAsReportData,
        Snp = new SnpPolicy { Measurements = [Simulated.Guest.Measurement] },
        Tdx = new TdxPolicy { MrTds = [Simulated.Td.MrTd] },
        Vtpm = new VtpmPolicy { Pcrs = Pcr(11, AzureVm.Pcrs[11]) },
    };

    [Fact]
    public void Accepts_SnpVm_ThatThePolicyNames()
    {
        var verdict = OnSnp(new AzureVm());

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.True(verdict.Simulated);
        Assert.Equal(Tee.Snp, verdict.Tee);
        Assert.Equal("Azure vTPM over SEV-SNP report v3 (Milan)", verdict.Format);
        Assert.Equal(Simulated.Guest.Measurement, Assert.IsType<SnpClaims>(verdict.Claims).Measurement);
        var vtpm = Assert.IsType<VtpmClaims>(verdict.Vtpm);
        Assert.Equal(AzureVm.Nonce, vtpm.Nonce);
        Assert.Equal(24, vtpm.Pcrs.Count);
        Assert.Equal(AzureVm.Pcrs[11], vtpm.Pcrs[11]);
        Assert.True(vtpm.RuntimeData.SecureBoot);
        Assert.False(vtpm.RuntimeData.ConsoleEnabled);
    }

    [Fact]
    public void Accepts_TdxVm_ThatThePolicyNames()
    {
        var verdict = OnTdx(new AzureVm());

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.Equal(Tee.Tdx, verdict.Tee);
        Assert.Equal("Azure vTPM over TDX quote v4 (TD report 1.0)", verdict.Format);
        Assert.NotNull(verdict.Vtpm);
        Assert.Equal(TcbStatus.UpToDate, verdict.TcbStatus);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Accepts_RuntimeData_UnderEachHash(uint hashType)
    {
        Assert.True(OnSnp(new AzureVm { HashType = hashType }).Accepted);
        Assert.True(OnTdx(new AzureVm { HashType = hashType }).Accepted);
    }

    [Fact]
    public void Accepts_RuntimeData_BehindCapabilities() => Assert.True(OnSnp(new AzureVm { RuntimeVersion = 2 }).Accepted);

    [Fact]
    public void Accepts_Version1_WithoutUserData()
    {
        var vm = new AzureVm { Version = 1, RuntimeData = AzureVm.RuntimeDataOf(userData: null) };

        Assert.True(OnSnp(vm).Accepted);
    }

    [Fact]
    public void Accepts_QuoteOfSomePcrs_WhenThePolicyNamesThose()
    {
        var vm = new AzureVm { Quote = AzureVm.QuoteOf(AzureVm.Nonce, selection: 1 << 11 | 1 << 4) };

        var verdict = OnSnp(vm);

        Assert.True(verdict.Accepted);
        Assert.Equal([4, 11], verdict.Vtpm!.Pcrs.Keys);
    }

    [Fact]
    public void GivesTheSameVerdict_WithCache()
    {
        var (evidence, cache) = (new AzureVm().OnSnp(), new VerificationCache());
        var cold = OnSnp(evidence, s_policy);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal<Check>(
                cold.Checks,
                AzureVerifier.Verify(
                    evidence, Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon, s_policy, cache).Checks);
        }
    }

    [Fact]
    public void Refuses_AnotherNonce() => AssertRefused(
        CheckId.VtpmNonce, OnSnp(new AzureVm().OnSnp(), s_policy with { ReportData = [.. AzureVm.Nonce, .. new byte[15], 1] }));

    [Fact]
    public void Refuses_ReportDataOfTheHardware_AsNonce()
    {
        var vm = new AzureVm();

        AssertRefused(
            CheckId.VtpmNonce, OnSnp(vm.OnSnp(), s_policy with { ReportData = [.. SHA256.HashData(vm.RuntimeData), .. new byte[32]] }));
    }

    [Fact]
    public void Refuses_WithoutNonceOfTheCaller_ByDefault()
    {
        AssertRefused(CheckId.VtpmNonce, OnSnp(new AzureVm().OnSnp(), s_policy with { ReportData = null }));
        Assert.True(OnSnp(new AzureVm().OnSnp(), s_policy with { ReportData = null, AcceptUnboundEvidence = true }).Accepted);
    }

    [Fact]
    public void Refuses_WithoutPcrsOfThePolicy_ByDefault()
    {
        AssertRefused(CheckId.VtpmPcrs, OnSnp(new AzureVm().OnSnp(), s_policy with { Vtpm = new VtpmPolicy() }));
        Assert.True(OnSnp(new AzureVm().OnSnp(), s_policy with { Vtpm = new VtpmPolicy(), AcceptAnyIdentity = true }).Accepted);
    }

    [Fact]
    public void Refuses_WithoutLaunchMeasurementOfThePolicy_ByDefault() => AssertRefused(
        CheckId.Identity, OnSnp(new AzureVm().OnSnp(), s_policy with { Snp = new SnpPolicy() }));

    [Fact]
    public void Refuses_AnotherPcrValue() => AssertRefused(
        CheckId.VtpmPcrs, OnSnp(new AzureVm().OnSnp(), s_policy with { Vtpm = new VtpmPolicy { Pcrs = Pcr(11, new byte[32]) } }));

    [Fact]
    public void Refuses_PcrThatTheQuoteDoesNotCover()
    {
        // Its value is there, but nobody signed it.
        var vm = new AzureVm { Quote = AzureVm.QuoteOf(AzureVm.Nonce, selection: 1 << 4) };

        var verdict = OnSnp(vm);

        AssertRefused(CheckId.VtpmPcrs, verdict);
        Assert.Equal("PCR11 is not in the quote", Assert.Single(verdict.Reasons).Actual);
    }

    [Fact]
    public void Refuses_PcrValues_ThatTheQuoteDidNotSign()
    {
        var quote = AzureVm.QuoteOf(AzureVm.Nonce);
        var vm = new AzureVm { Quote = quote with { Pcrs = quote.Pcrs.SetItem(3, new byte[32]) } };

        var verdict = OnSnp(vm);

        AssertRefused(CheckId.VtpmPcrDigest, verdict);
        Assert.Null(verdict.Claims);
        Assert.Null(verdict.Vtpm);
    }

    [Fact]
    public void Refuses_QuotedPcr_WithoutValue()
    {
        var quote = AzureVm.QuoteOf(AzureVm.Nonce);

        AssertRefused(CheckId.VtpmPcrDigest, OnSnp(new AzureVm { Quote = quote with { Pcrs = [.. quote.Pcrs.Take(23)] } }));
    }

    [Fact]
    public void Refuses_QuoteOfAnotherTpm()
    {
        using var other = RSA.Create(2048);

        var verdict = OnSnp(new AzureVm { Quote = AzureVm.QuoteOf(AzureVm.Nonce, key: other) });

        AssertRefused(CheckId.VtpmQuoteSignature, verdict);
        Assert.Null(verdict.Vtpm);
    }

    [Fact]
    public void Refuses_RuntimeData_OfAnotherKey_ThatNoHardwareVouchesFor()
    {
        // An attacker's own TPM key beside a genuine report: everything holds but the binding.
        using var attacker = RSA.Create(2048);
        var genuine = new AzureVm();
        var vm = new AzureVm
        {
            RuntimeData = AzureVm.RuntimeDataOf(Convert.ToHexString(AzureVm.NonceAsReportData), attacker),
            Quote = AzureVm.QuoteOf(AzureVm.Nonce, key: attacker),
            ReportData = [.. SHA256.HashData(genuine.RuntimeData), .. new byte[32]],
        };

        var verdict = OnSnp(vm);

        AssertRefused(CheckId.RuntimeData, verdict);
        Assert.Null(verdict.Claims);
        Assert.Null(verdict.Vtpm);
        AssertRefused(CheckId.RuntimeData, OnTdx(vm));
    }

    [Fact]
    public void Refuses_ReportData_WithMoreThanTheHash()
    {
        var vm = new AzureVm();
        var reportData = (byte[])[.. SHA256.HashData(vm.RuntimeData), .. new byte[31], 1];

        AssertRefused(CheckId.RuntimeData, OnSnp(new AzureVm { ReportData = reportData }));
    }

    [Fact]
    public void Refuses_ReportFromBelowTheParavisor_WhateverThePolicySays()
    {
        // The guest's own kernel runs at VMPL 2 and may ask for a report over any data.
        var vm = new AzureVm { Guest = Simulated.Guest with { Vmpl = 2 } };
        var lenient = s_policy with { Snp = s_policy.Snp with { Vmpls = [0, 1, 2, 3] } };

        AssertRefused(CheckId.Vmpl, OnSnp(vm.OnSnp(), lenient));
    }

    [Fact]
    public void Refuses_Version2_WithoutTheNonceInUserData()
    {
        AssertRefused(CheckId.VtpmUserData, OnSnp(new AzureVm { RuntimeData = AzureVm.RuntimeDataOf(userData: null) }));
        AssertRefused(CheckId.VtpmUserData, OnSnp(new AzureVm { RuntimeData = AzureVm.RuntimeDataOf(new string('0', 128)) }));
    }

    [Fact]
    public void Refuses_Version1_WithoutTheNonceInUserData_WhenThePolicyWantsIt()
    {
        var vm = new AzureVm { Version = 1, RuntimeData = AzureVm.RuntimeDataOf(userData: null) };
        var policy = s_policy with { Vtpm = s_policy.Vtpm with { RequireUserData = true } };

        AssertRefused(CheckId.VtpmUserData, OnSnp(vm.OnSnp(), policy));
    }

    [Fact]
    public void Refuses_DebugGuest_AsElsewhere() => AssertRefused(
        CheckId.Debug, OnSnp(new AzureVm { Guest = Simulated.Guest with { Policy = SimulatedGuest.PolicyDebug | 0x30000 } }));

    [Fact]
    public void Refuses_QuoteOfAnEnclave_InPlaceOfATds()
    {
        // An enclave of the attacker's can bind any runtime data.
        var vm = new AzureVm();
        var enclave = new SimulatedEnclave { MrEnclave = new byte[32] };
        var quote = Simulated.Dcap.QuoteSgx(enclave, [.. SHA256.HashData(vm.RuntimeData), .. new byte[32]]);

        var verdict = OnTdx(vm.OnTdx() with { TdQuote = quote });

        AssertRefused(CheckId.EvidenceFormat, verdict);
        Assert.Equal("the TD quote is an SGX quote", Assert.Single(verdict.Reasons).Actual);
    }

    [Fact]
    public void Refuses_TdxEvidence_WithoutQuote() =>
        AssertRefused(CheckId.EvidenceFormat, OnTdx(new AzureVm().OnTdx() with { TdQuote = null }));

    [Fact]
    public void Refuses_HclReport_OfTheOtherKind()
    {
        var (snp, tdx) = (new AzureVm().OnSnp(), new AzureVm().OnTdx());

        AssertRefused(CheckId.EvidenceFormat, OnSnp(snp with { HclReport = tdx.HclReport }, s_policy));
        AssertRefused(CheckId.EvidenceFormat, OnTdx(tdx with { HclReport = snp.HclReport }));
    }

    [Fact]
    public void Refuses_BareHardwareEvidence_WhenThePolicyHasRulesForAVtpm()
    {
        var endorsements = Simulated.Milan.Endorsements(Simulated.Noon);
        var report = Simulated.Milan.Report(Simulated.Guest, new byte[64]);
        var bare = EvidencePolicy.EvidenceOnly;
        foreach (var vtpm in (VtpmPolicy[])[new VtpmPolicy { Pcrs = s_policy.Vtpm.Pcrs }, new VtpmPolicy { RequireUserData = true }])
        {
            AssertRefused(
                CheckId.VtpmPcrs,
                SnpReportVerifier.Verify(report, endorsements, Simulated.Roots, Simulated.Noon, bare with { Vtpm = vtpm }));
            AssertRefused(
                CheckId.VtpmPcrs,
                QuoteVerifier.Verify(
                    Simulated.Dcap.QuoteTdx(Simulated.Td, new byte[64]), Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon),
                    Simulated.Roots, Simulated.Noon, bare with { Vtpm = vtpm }));
        }
    }

    [Fact]
    public void WritesVtpmClaims_AsJson_AndKeepsTheMachineOut()
    {
        var verdict = OnSnp(new AzureVm());

        var json = Write(verdict, machine: false);
        Assert.Contains("\"vtpm\":{\"nonce\":\"" + Convert.ToHexStringLower(AzureVm.Nonce), json, StringComparison.Ordinal);
        Assert.Contains("\"11\":\"" + Convert.ToHexStringLower(AzureVm.Pcrs[11]), json, StringComparison.Ordinal);
        Assert.DoesNotContain("vmUniqueId", json, StringComparison.Ordinal);
        Assert.Contains("\"vmUniqueId\":\"911B0EF8", Write(verdict, machine: true), StringComparison.Ordinal);
    }

    private static ImmutableSortedDictionary<int, ImmutableArray<byte[]>> Pcr(int number, byte[] value) =>
        ImmutableSortedDictionary<int, ImmutableArray<byte[]>>.Empty.Add(number, [value]);

    private static Verdict OnSnp(AzureVm vm) => OnSnp(vm.OnSnp(), s_policy);

    private static Verdict OnSnp(AzureEvidence evidence, EvidencePolicy policy) =>
        AzureVerifier.Verify(evidence, Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon, policy);

    private static Verdict OnTdx(AzureVm vm) => OnTdx(vm.OnTdx());

    private static Verdict OnTdx(AzureEvidence evidence) =>
        AzureVerifier.Verify(evidence, Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon), Simulated.Roots, Simulated.Noon, s_policy);

    private static void AssertRefused(CheckId reason, Verdict verdict)
    {
        Assert.False(verdict.Accepted);
        Assert.Equal([reason], verdict.Reasons.Select(c => c.Id));
    }

    private static string Write(Verdict verdict, bool machine)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            VerdictJson.Write(json, verdict, new VerdictJsonOptions { At = Simulated.Noon, IncludeMachineIdentifiers = machine });
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
