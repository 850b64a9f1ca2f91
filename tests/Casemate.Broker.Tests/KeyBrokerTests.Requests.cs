using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Text;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests;

/// <content>Init data, malformed and hostile requests, and what administrators do.</content>
public partial class KeyBrokerTests
{
    [Fact]
    public async Task Checks_InitDataAgainstTheHardware()
    {
        const string initData = "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n\"note\" = \"hello\"\n";
        var digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(initData));
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        byte[] Snp(byte[] d) => SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(d), g => g with { HostData = digest });
        byte[] Tdx(byte[] d) =>
            SimulatedHardware.Shared.Tdx(KbsRuntimeData.ToReportData(d), t => t with { MrConfigId = [.. digest, .. new byte[16]] });

        foreach (var (tee, evidence) in ((string, Func<byte[], byte[]>)[])[("snp", Snp), ("tdx", Tdx)])
        {
            var good = await fixture.AttestAsync(tee, workload, evidence, initData);
            Assert.True(good.Succeeded, good.Error?.Detail);
            var annotated = Claims(
                good.Value.Token.Text).GetProperty("submods").GetProperty("cpu0").GetProperty("ear.veraison.annotated-evidence");
            Assert.Equal("hello", annotated.GetProperty("init_data_claims").GetProperty("note").GetString());
            Assert.StartsWith(Convert.ToHexStringLower(digest), annotated.GetProperty("init_data").GetString(), StringComparison.Ordinal);

            var bad = await fixture.RefusedAsync(tee, evidence, initData + "# changed\n");
            Assert.Equal(BrokerErrorCode.AttestationFailed, bad.Code);
            Assert.Contains("init data", bad.Detail, StringComparison.Ordinal);
        }

        var malformed = await fixture.RefusedAsync("snp", Snp, "algorithm = ");
        Assert.Equal(BrokerErrorCode.MalformedRequest, malformed.Code);
    }

    [Fact]
    public async Task Refuses_EvidenceOfFurtherDevices()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var request = workload.AttestRequest(
            challenge.Nonce, SimulatedHardware.Shared.Evidence("sgx", workload.Digest(challenge.Nonce)),
            additionalEvidence: "{\"nvidia\":{}}");
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, request);
        Assert.Equal(BrokerErrorCode.MalformedRequest, result.Error!.Code);
        Assert.Contains("additional_evidence", result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("[]", "must be JSON objects")]
    [InlineData("""{"runtime-data":{},"tee-evidence":{}}""", "nonce is missing")]
    [InlineData("""{"runtime-data":{"nonce":"x"},"tee-evidence":{}}""", "tee-pubkey is missing")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":{"kty":"EC"}},"tee-evidence":{}}""", "crv is missing")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":KEY},"tee-evidence":{}}""", "primary_evidence must be")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":KEY},"tee-evidence":{"primary_evidence":{},"additional_evidence":{}}}""",
        "additional_evidence is not a string")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":KEY},"tee-evidence":{"primary_evidence":{}},"init-data":"x"}""",
        "init-data: format and body")]
    [InlineData("""{"runtime-data":{"nonce":"x","nonce":"y"}}""", "same member twice")]
    public async Task Refuses_MalformedRequests_NamingTheMember(string request, string expected)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var body = Encoding.UTF8.GetBytes(request.Replace("KEY", workload.PublicKeyJson, StringComparison.Ordinal));
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, body);
        Assert.Equal(BrokerErrorCode.MalformedRequest, result.Error!.Code);
        Assert.Contains(expected, result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RSA1_5")]
    [InlineData("dir")]
    public async Task Refuses_KeysItWillNotEncryptTo_BeforeItVerifiesAnything(string algorithm)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithRsaKey();
        using var weak = TestWorkload.WithRsaKey().WithPublicKey(
            workload.PublicKeyJson.Replace("RSA-OAEP-256", algorithm, StringComparison.Ordinal));
        var result = await fixture.AttestAsync("sgx", weak);
        Assert.Equal(BrokerErrorCode.MalformedRequest, result.Error!.Code);
        Assert.Contains("tee-pubkey", result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version":"0.4.0"}""")]
    [InlineData("""{"tee":"snp"}""")]
    [InlineData("""{"version":4,"tee":"snp"}""")]
    [InlineData("""["0.4.0"]""")]
    [InlineData("nonsense")]
    public async Task Refuses_MalformedHandshakes(string request)
    {
        await using var fixture = new BrokerFixture();
        Assert.Equal(BrokerErrorCode.MalformedRequest, fixture.Broker.Challenge(Encoding.UTF8.GetBytes(request)).Error!.Code);
    }

    [Fact]
    public async Task Never_ThrowsOnHostileRequests()
    {
        await using var fixture = new BrokerFixture(
            o => o with { AcceptSampleEvidence = true, Limits = new BrokerLimits { MaxAttemptsPerSession = 100 } });
        using var workload = TestWorkload.WithEcKey();
        var random = new Random(10);
        foreach (var tee in (string[])["snp", "tdx", "sgx", "sample"])
        {
            var challenge = fixture.Handshake(tee);
            var valid = workload.AttestRequest(challenge.Nonce, SimulatedHardware.Shared.Evidence(tee, workload.Digest(challenge.Nonce)));
            for (var i = 0; i < 250; i++)
            {
                if (i % 90 == 0)
                {
                    challenge = fixture.Handshake(tee);
                    valid = workload.AttestRequest(
                        challenge.Nonce, SimulatedHardware.Shared.Evidence(tee, workload.Digest(challenge.Nonce)));
                }

                var bytes = (byte[])valid.Clone();
                for (var flips = random.Next(1, 6); flips > 0; flips--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                var result = await fixture.Broker.AttestAsync(
                    challenge.SessionId, bytes.AsMemory(0, i % 3 == 0 ? random.Next(bytes.Length) : bytes.Length));
                Assert.False(result.Succeeded && result.Value.Token is null);
                _ = fixture.Broker.Challenge(bytes.AsMemory(0, Math.Min(bytes.Length, 300)));
            }
        }
    }

    [Fact]
    public void Refuses_ToStartWithAPolicyThatDoesNotBindEvidence()
    {
        foreach (var yaml in (string[])["acceptUnboundEvidence: true", $"reportData: {new string('0', 128)}"])
        {
            Assert.Throws<ArgumentException>(() => new BrokerFixture(o => o with { Policy = AppraisalPolicy.Parse(yaml) }));
        }

        Assert.Throws<ArgumentException>(() => new BrokerFixture(o => o with { Limits = new BrokerLimits { MaxSessions = 0 } }));
    }

    [Fact]
    public async Task Records_WhatAdministratorsDo()
    {
        await using var fixture = new BrokerFixture();
        var path = ResourcePath.Parse("a/b/c");
        Assert.True((await fixture.Broker.PutResourceAsync(path, "x"u8.ToArray())).Succeeded);
        Assert.Equal("x"u8.ToArray(), await fixture.Store.GetAsync(path));
        Assert.Equal(
            BrokerErrorCode.ResourceTooLarge, (await fixture.Broker.PutResourceAsync(path, new byte[1024 * 1024 + 1])).Error!.Code);
        Assert.Equal(BrokerErrorCode.MalformedRequest, (await fixture.Broker.PutResourceAsync(path, default)).Error!.Code);
        Assert.True((await fixture.Broker.DeleteResourceAsync(path)).Succeeded);
        Assert.Equal(BrokerErrorCode.ResourceNotFound, (await fixture.Broker.DeleteResourceAsync(path)).Error!.Code);
        Assert.Equal(
            [DecisionOutcome.Allowed, DecisionOutcome.Refused, DecisionOutcome.Undecided, DecisionOutcome.Allowed, DecisionOutcome.Refused],
            fixture.Recorded.Select(d => d.Outcome));
    }

    private sealed class EmptyCollateral : ICollateralSource
    {
        public ValueTask<Casemate.Attestation.Dcap.DcapCollateral?> FindDcapCollateralAsync(
            Casemate.Attestation.Dcap.DcapCollateralQuery query, CancellationToken cancellationToken) => default;

        public ValueTask<Casemate.Attestation.Snp.SnpEndorsements?> FindSnpEndorsementsAsync(
            Casemate.Attestation.Snp.SnpEndorsementQuery query, CancellationToken cancellationToken) => default;
    }

    private sealed class BrokenCollateral : ICollateralSource
    {
        public ValueTask<Casemate.Attestation.Dcap.DcapCollateral?> FindDcapCollateralAsync(
            Casemate.Attestation.Dcap.DcapCollateralQuery query, CancellationToken cancellationToken) =>
                throw new IOException("cannot open /secret/path");

        public ValueTask<Casemate.Attestation.Snp.SnpEndorsements?> FindSnpEndorsementsAsync(
            Casemate.Attestation.Snp.SnpEndorsementQuery query, CancellationToken cancellationToken) =>
                throw new IOException("cannot open /secret/path");
    }

    private sealed class SlowCollateral : ICollateralSource
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<Casemate.Attestation.Dcap.DcapCollateral?> FindDcapCollateralAsync(
            Casemate.Attestation.Dcap.DcapCollateralQuery query, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }

        public ValueTask<Casemate.Attestation.Snp.SnpEndorsements?> FindSnpEndorsementsAsync(
            Casemate.Attestation.Snp.SnpEndorsementQuery query, CancellationToken cancellationToken) => default;
    }
}
