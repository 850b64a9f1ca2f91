using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Policy;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Nvidia;

/// <summary>Reports of GPUs: real ones under NVIDIA's root, and each check failing alone.</summary>
public sealed class GpuReportVerifierTests
{
    private static readonly GpuPolicy s_policy = new()
    {
        Nonce = GpuDevice.Nonce,
        AcceptUnknownRevocation = true,
        Measurements = Digests((9, [Simulated.Bytes(48, 9)])),
    };

    [Fact]
    public void Accepts_RealReports_UnderNvidiasRoot()
    {
        var at = CorpusCase.Get("hopper-report").VerifyAt;
        foreach (var (report, chain, nonce) in RealEvidence.GpuReports)
        {
            var verdict = GpuReportVerifier.Verify(
                report, chain, GpuTrustRoots.Production, at,
                s_policy with { Nonce = nonce, Measurements = Digests(), AcceptAnyMeasurements = true });

            Assert.Empty(verdict.Reasons);
            Assert.True(verdict.Accepted);
            Assert.False(verdict.Simulated);
            Assert.Equal("GH100 A01 GSP FMC LF", verdict.Claims!.Device);
            Assert.Equal(nonce, verdict.Claims.Nonce);
            Assert.Equal(64, verdict.Claims.Measurements.Count);
        }
    }

    [Fact]
    public void Refuses_RealReports_ForAnotherNonceOrChain()
    {
        var at = CorpusCase.Get("hopper-report").VerifyAt;
        var (first, second) = (RealEvidence.GpuReports.First(), RealEvidence.GpuReports.Last());
        var policy = s_policy with { Measurements = Digests(), AcceptAnyMeasurements = true };

        AssertRefused(
            [CheckId.GpuNonce],
            GpuReportVerifier.Verify(first.Report, first.ChainPem, GpuTrustRoots.Production, at, policy with { Nonce = second.Nonce }));
        var other = GpuReportVerifier.Verify(
            first.Report, second.ChainPem, GpuTrustRoots.Production, at, policy with { Nonce = first.Nonce });
        Assert.Contains(other.Reasons, c => c.Id is CheckId.GpuReportSignature);
        Assert.Null(other.Claims);
    }

    [Fact]
    public void Accepts_DeviceThatThePolicyNames()
    {
        var verdict = Verify(new GpuDevice());

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.True(verdict.Simulated);
        Assert.Equal("GH100 Simulated", verdict.Claims!.Device);
        Assert.Equal("535.86.09", verdict.Claims.DriverVersion);
        Assert.Equal(GpuDevice.FirmwareId, verdict.Claims.FirmwareId);
    }

    [Fact]
    public void Refuses_RootsThatAreNotAccepted()
    {
        var (report, pem) = (new GpuDevice().Report(), Encoding.ASCII.GetBytes(new GpuDevice().ChainPem()));
        foreach (var roots in (GpuTrustRoots[])[GpuTrustRoots.Production, GpuTrustRoots.None])
        {
            var verdict = GpuReportVerifier.Verify(report, pem, roots, Simulated.Noon, s_policy);

            AssertRefused([CheckId.TrustRoot], verdict);
            Assert.Null(verdict.Claims);
        }

        var (real, chain, nonce) = RealEvidence.GpuReports.First();
        var at = CorpusCase.Get("hopper-report").VerifyAt;
        var anyFirmware = s_policy with { Nonce = nonce, Measurements = Digests(), AcceptAnyMeasurements = true };
        AssertRefused([CheckId.TrustRoot], GpuReportVerifier.Verify(real, chain, GpuDevice.Roots, at, anyFirmware));
    }

    [Fact]
    public void Pins_TheRootThatNvidiaPublishes() => Assert.Equal(
        "102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48",
        Convert.ToHexStringLower(SHA256.HashData(GpuTrustRoots.NvidiaDeviceIdentityCa.Span)));

    [Fact]
    public void Refuses_FirmwareThatTheCertificateDoesNotName()
    {
        var another = Verify(new GpuDevice { CertifiedFirmwareId = new byte[48] });
        AssertRefused([CheckId.GpuFirmwareId], another);
        Assert.Null(another.Claims);

        AssertRefused([CheckId.GpuFirmwareId], Verify(new GpuDevice { CertifiedFirmwareId = null }));
        AssertRefused([CheckId.GpuFirmwareId], Verify(new GpuDevice { CertifiedFirmwareId = new byte[32] }));
        AssertRefused([CheckId.GpuFirmwareId], Verify(new GpuDevice { FirmwareIdHash = "2.16.840.1.101.3.4.2.1" }));
        AssertRefused([CheckId.GpuFirmwareId], Verify(new GpuDevice { Opaque = [] }));
    }

    [Fact]
    public void Refuses_SignaturesOverAnythingElse()
    {
        var report = new GpuDevice().Report();
        foreach (var at in (Index[])[4, 60, ^97, ^1])
        {
            var changed = (byte[])report.Clone();
            changed[at] ^= 1;
            Assert.Contains(
                GpuReportVerifier.Verify(changed, Chain(new GpuDevice()), GpuDevice.Roots, Simulated.Noon, s_policy).Reasons,
                c => c.Id is CheckId.GpuReportSignature);
        }
    }

    [Fact]
    public void Refuses_WithoutNonceOfTheCaller_ByDefault()
    {
        AssertRefused([CheckId.GpuNonce], Verify(new GpuDevice(), s_policy with { Nonce = null }));
        AssertRefused([CheckId.GpuNonce], Verify(new GpuDevice(), s_policy with { Nonce = GpuDevice.Nonce[..31] }));
        Assert.True(Verify(new GpuDevice(), s_policy with { Nonce = null, AcceptUnboundEvidence = true }).Accepted);
    }

    [Fact]
    public void Refuses_UnknownRevocation_ByDefault() =>
        AssertRefused([CheckId.GpuRevocation], Verify(new GpuDevice(), s_policy with { AcceptUnknownRevocation = false }));

    [Fact]
    public void Refuses_MeasurementsThatThePolicyDoesNotName()
    {
        AssertRefused([CheckId.GpuMeasurements], Verify(new GpuDevice(), s_policy with { Measurements = Digests() }));
        AssertRefused([CheckId.GpuMeasurements], Verify(new GpuDevice(), s_policy with { Measurements = Digests((9, [new byte[48]])) }));
        AssertRefused(
            [CheckId.GpuMeasurements], Verify(new GpuDevice(), s_policy with { Measurements = Digests((10, [Simulated.Bytes(48, 9)])) }));
        AssertRefused(
            [CheckId.GpuMeasurements],
            Verify(
                new GpuDevice(),
                s_policy with { Measurements = Digests((1, [Simulated.Bytes(48, 1)]), (9, [])), AcceptAnyMeasurements = true }));
    }

    [Fact]
    public void Refuses_VersionsThatThePolicyDoesNotName()
    {
        Assert.True(Verify(
            new GpuDevice(), s_policy with { DriverVersions = ["550.1", "535.86.09"], VbiosVersions = ["96.00.5e.00.01"] }).Accepted);
        AssertRefused([CheckId.GpuVersions], Verify(new GpuDevice(), s_policy with { DriverVersions = ["535.86.0"] }));
        AssertRefused([CheckId.GpuVersions], Verify(new GpuDevice(), s_policy with { VbiosVersions = ["96.00.5E.00.01"] }));
        AssertRefused(
            [CheckId.GpuVersions],
            Verify(new GpuDevice { Opaque = [(20, GpuDevice.FirmwareId)] }, s_policy with { DriverVersions = ["535.86.09"] }));
    }

    [Fact]
    public void Refuses_CertificatesOutsideTheirValidity()
    {
        var (report, pem) = (new GpuDevice().Report(), Chain(new GpuDevice()));

        foreach (var now in (DateTimeOffset[])[Simulated.Noon.AddYears(1), Simulated.Noon.AddYears(-1)])
        {
            AssertRefused([CheckId.GpuChainValidity], GpuReportVerifier.Verify(report, pem, GpuDevice.Roots, now, s_policy));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    public void Refuses_WhatIsNoChain(string pem) => AssertRefused(
        [CheckId.GpuChain],
        GpuReportVerifier.Verify(
            new GpuDevice().Report(), Encoding.ASCII.GetBytes(pem), GpuDevice.Roots, Simulated.Noon, s_policy));

    [Fact]
    public void Refuses_TheRootAlone() => AssertRefused(
        [CheckId.GpuChain],
        GpuReportVerifier.Verify(
            new GpuDevice().Report(), Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", GpuDevice.Root)), GpuDevice.Roots,
            Simulated.Noon, s_policy));

    [Fact]
    public void Refuses_MalformedReports() => AssertRefused(
        [CheckId.EvidenceFormat], GpuReportVerifier.Verify([], Chain(new GpuDevice()), GpuDevice.Roots, Simulated.Noon, s_policy));

    [Fact]
    public void Writes_TheVerdict_AsJson()
    {
        var json = Write(Verify(new GpuDevice()));
        Assert.StartsWith(
            """
            {"apiVersion":"casemate/v1","verdict":"accepted","policy":null,"at":"2026-11-18T12:34:56Z","simulated":true,"claims":
            """, json, StringComparison.Ordinal);
        Assert.Contains(
            """
            {"device":"GH100 Simulated","driverVersion":"535.86.09","vbiosVersion":"96.00.5e.00.01","firmwareId":"6061
            """, json, StringComparison.Ordinal);
        Assert.Contains("\"measurements\":{\"1\":\"0102", json, StringComparison.Ordinal);
        Assert.Contains("\"claims\":null", Write(Verify(new GpuDevice { CertifiedFirmwareId = null })), StringComparison.Ordinal);
    }

    private static string Write(GpuVerdict verdict)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            VerdictJson.Write(json, verdict, new VerdictJsonOptions { At = Simulated.Noon });
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static ImmutableSortedDictionary<int, ImmutableArray<byte[]>> Digests(
        params (int Index, ImmutableArray<byte[]> Digests)[] items) =>
        items.ToImmutableSortedDictionary(i => i.Index, i => i.Digests);

    private static byte[] Chain(GpuDevice device) => Encoding.ASCII.GetBytes(device.ChainPem());

    private static GpuVerdict Verify(GpuDevice device, GpuPolicy? policy = null) =>
        GpuReportVerifier.Verify(device.Report(), Chain(device), GpuDevice.Roots, Simulated.Noon, policy ?? s_policy);

    private static void AssertRefused(CheckId[] reasons, GpuVerdict verdict)
    {
        Assert.False(verdict.Accepted);
        Assert.Equal(reasons, verdict.Reasons.Select(c => c.Id));
    }
}
