using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Text;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests;

public partial class KeyBrokerTests
{
    private static JsonElement Claims(string token)
    {
        Assert.True(Base64UrlText.TryDecode(token.Split('.')[1], out var payload));
        return JsonDocument.Parse(payload).RootElement;
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Hands_OutASecret_ForGenuineEvidence(string tee)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync(tee, workload);
        Assert.True(attested.Succeeded, attested.Error?.Detail);

        var jwe = await fixture.Broker.GetResourceAsync(attested.Value.SessionId, null, BrokerFixture.Secret);
        Assert.True(jwe.Succeeded, jwe.Error?.Detail);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe.Value));

        var byToken = await fixture.Broker.GetResourceAsync(null, attested.Value.Token.Text, BrokerFixture.Secret);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(byToken.Value));

        Assert.Equal(
            [DecisionKind.Attestation, DecisionKind.ResourceRead, DecisionKind.ResourceRead], fixture.Recorded.Select(d => d.Kind));
        Assert.All(fixture.Recorded, d => Assert.Equal(DecisionOutcome.Allowed, d.Outcome));
        Assert.Equal(fixture.Recorded, fixture.Observed);
        var decision = fixture.Recorded.First();
        Assert.True(decision.Simulated);
        Assert.True(decision.Verdict!.Accepted);
        Assert.Equal(attested.Value.Token.Id, decision.TokenId);
        Assert.Contains(decision.Measurements, m => m.Value.StartsWith("4d4d4d4d", StringComparison.Ordinal));
        Assert.Equal(fixture.Broker.Policy.Hash(), decision.PolicyHash);
    }

    [Theory]
    [InlineData("nistP521")]
    [InlineData("rsa")]
    public async Task Encrypts_ToOtherKindsOfKey(string key)
    {
        await using var fixture = new BrokerFixture();
        using var workload = key == "rsa" ? TestWorkload.WithRsaKey() : TestWorkload.WithEcKey(key);
        var attested = await fixture.AttestAsync("tdx", workload);
        Assert.True(attested.Succeeded, attested.Error?.Detail);
        var jwe = await fixture.Broker.GetResourceAsync(attested.Value.SessionId, null, BrokerFixture.Secret);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe.Value));
    }

    [Fact]
    public async Task Binds_UnknownMembersOfTheKey()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        using var decorated = TestWorkload.WithEcKey();
        var extended = TestWorkloadWith(workload.PublicKeyJson.Replace("{", "{\"x-note\":[1.50,\"é\"],", StringComparison.Ordinal));
        Assert.True((await fixture.AttestAsync("sgx", extended)).Succeeded);

        // The same key without the member has another digest.
        var challenge = fixture.Handshake("sgx");
        var evidence = SimulatedHardware.Shared.Evidence("sgx", extended.Digest(challenge.Nonce));
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, workload.AttestRequest(challenge.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);

        static TestWorkload TestWorkloadWith(string key) => TestWorkload.WithEcKey().WithPublicKey(key);
    }

    [Fact]
    public async Task Token_SaysWhatTrusteeTokensSay()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("snp", workload);
        var claims = Claims(attested.Value!.Token.Text);
        Assert.Equal("tag:github.com,2024:confidential-containers/Trustee", claims.GetProperty("eat_profile").GetString());
        Assert.Equal("CoCo-Attestation-Service", claims.GetProperty("iss").GetString());
        Assert.Equal(SimulatedHardware.Noon.ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.Equal(300, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.StartsWith("casemate ", claims.GetProperty("ear.verifier-id").GetProperty("build").GetString(), StringComparison.Ordinal);
        Assert.True(claims.GetProperty("simulated").GetBoolean());
        var cpu = claims.GetProperty("submods").GetProperty("cpu0");
        Assert.True(cpu.GetProperty("simulated").GetBoolean());
        Assert.Equal("pinned", cpu.GetProperty("ear.appraisal-policy-id").GetString());
        Assert.Equal("contraindicated", cpu.GetProperty("ear.status").GetString());      // simulated hardware is not recognised hardware
        Assert.Equal(
            ["configuration", "executables", "file-system", "hardware", "instance-identity", "runtime-opaque", "sourced-data",
                "storage-opaque"],
            cpu.GetProperty("ear.trustworthiness-vector").EnumerateObject().Select(m => m.Name));
        Assert.Equal(97, cpu.GetProperty("ear.trustworthiness-vector").GetProperty("hardware").GetInt32());
        var evidence = cpu.GetProperty("ear.veraison.annotated-evidence");
        var snp = evidence.GetProperty("snp");
        Assert.Equal(string.Concat(Enumerable.Repeat("4d", 48)), snp.GetProperty("measurement").GetString());
        Assert.False(snp.GetProperty("policy_debug_allowed").GetBoolean());
        Assert.Equal(JsonValueKind.Number, snp.GetProperty("reported_tcb_snp").ValueKind);
        Assert.Equal(128, evidence.GetProperty("report_data").GetString()!.Length);
        using var key = JsonDocument.Parse(workload.PublicKeyJson);
        Assert.Equal(
            key.RootElement.GetProperty("x").GetString(),
            evidence.GetProperty("runtime_data_claims").GetProperty("tee-pubkey").GetProperty("x").GetString());
        Assert.False(evidence.TryGetProperty("init_data_claims", out _));
    }

    [Theory]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Token_NamesTheTcbOfIntelPlatforms(string tee)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync(tee, workload);
        var evidence = Claims(attested.Value!.Token.Text).GetProperty("submods").GetProperty("cpu0")
            .GetProperty("ear.veraison.annotated-evidence").GetProperty(tee);
        Assert.Equal("UpToDate", evidence.GetProperty("tcb_status").GetString());
        Assert.Equal("0", evidence.GetProperty("collateral_expiration_status").GetString());
        var quote = tee == "tdx" ? evidence.GetProperty("quote") : evidence;
        Assert.Equal("939a7233f79c4ca9940a0db3957f0607", quote.GetProperty("header").GetProperty("vendor_id").GetString());
        Assert.Equal(
            tee == "tdx" ? "81000000" : "00000000",
            quote.GetProperty("header").GetProperty(tee == "tdx" ? "tee_type" : "att_key_data_0").GetString());
        Assert.StartsWith(
            "4d4d", quote.GetProperty("body").GetProperty(tee == "tdx" ? "mr_td" : "mr_enclave").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_AMeasurementThatThePolicyDoesNotName_NamingIt(string tee)
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync(tee, digest =>
        {
            var reportData = KbsRuntimeData.ToReportData(digest);
            return tee switch
            {
                "snp" => SimulatedHardware.Shared.Snp(reportData, g => g with { Measurement = SimulatedHardware.Measurement(48, 0x66) }),
                "tdx" => SimulatedHardware.Shared.Tdx(reportData, t => t with { MrTd = SimulatedHardware.Measurement(48, 0x66) }),
                _ => SimulatedHardware.Shared.Sgx(reportData, e => e with { MrEnclave = SimulatedHardware.Measurement(32, 0x66) }),
            };
        });
        Assert.Equal(BrokerErrorCode.PolicyDeny, error.Code);
        Assert.Contains("6666666666", error.Detail, StringComparison.Ordinal);
        var decision = Assert.Single(fixture.Recorded);
        Assert.Equal(DecisionOutcome.Refused, decision.Outcome);
        Assert.Equal(CheckId.Identity, Assert.Single(decision.Verdict!.Reasons).Id);
        Assert.Null(decision.TokenId);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_SimulatedHardware_UnlessItsRootIsNamed(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { Roots = TrustRoots.Production });
        var error = await fixture.RefusedAsync(tee, digest => SimulatedHardware.Shared.Evidence(tee, digest));
        Assert.Equal(BrokerErrorCode.AttestationFailed, error.Code);
        Assert.Contains("TrustRoot", error.Detail, StringComparison.Ordinal);
        Assert.True(Assert.Single(fixture.Recorded).Simulated);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_EvidenceOfAnotherInstallation(string tee)
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync(tee, digest => SimulatedHardware.Other.Evidence(tee, digest));
        Assert.Equal(BrokerErrorCode.AttestationFailed, error.Code);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    [InlineData("sample")]
    public async Task Refuses_EvidenceThatBindsAnotherKey(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { AcceptSampleEvidence = true });
        using var victim = TestWorkload.WithEcKey();
        using var thief = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake(tee);
        var evidence = SimulatedHardware.Shared.Evidence(tee, victim.Digest(challenge.Nonce));
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, thief.AttestRequest(challenge.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    [InlineData("sample")]
    public async Task Refuses_EvidenceOfAnotherHandshake(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { AcceptSampleEvidence = true });
        using var workload = TestWorkload.WithEcKey();
        var old = fixture.Handshake(tee);
        var replayed = SimulatedHardware.Shared.Evidence(tee, workload.Digest(old.Nonce));
        var fresh = fixture.Handshake(tee);
        var result = await fixture.Broker.AttestAsync(fresh.SessionId, workload.AttestRequest(fresh.Nonce, replayed));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);
        Assert.NotEqual(old.Nonce, fresh.Nonce);
        Assert.NotEqual(old.SessionId, fresh.SessionId);
    }

    [Fact]
    public async Task Refuses_TheNonceOfAnotherSession()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var (mine, other) = (fixture.Handshake("sgx"), fixture.Handshake("sgx"));
        var evidence = SimulatedHardware.Shared.Evidence("sgx", workload.Digest(other.Nonce));
        var result = await fixture.Broker.AttestAsync(mine.SessionId, workload.AttestRequest(other.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);
        Assert.Contains("nonce", result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_DebugWorkloads(string tee)
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync(tee, digest =>
        {
            var reportData = KbsRuntimeData.ToReportData(digest);
            return tee switch
            {
                "snp" => SimulatedHardware.Shared.Snp(reportData, g => g with { Policy = g.Policy | Simulator.SimulatedGuest.PolicyDebug }),
                "tdx" =>
                    SimulatedHardware.Shared.Tdx(reportData, t => t with { TdAttributes = t.TdAttributes | Simulator.SimulatedTd.Debug }),
                _ => SimulatedHardware.Shared.Sgx(reportData, e => e with { Flags = e.Flags | 2 }),
            };
        });
        Assert.Equal(BrokerErrorCode.PolicyDeny, error.Code);
        Assert.Contains(Assert.Single(fixture.Recorded).Verdict!.Reasons, c => c.Id is CheckId.Debug);
    }

    [Fact]
    public async Task Refuses_AQuoteOfAnotherTeeThanAnnounced()
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync("tdx", digest => SimulatedHardware.Shared.Sgx(KbsRuntimeData.ToReportData(digest)));
        Assert.Contains("the handshake is for tdx, but the quote is of sgx", error.Detail, StringComparison.Ordinal);
        error = await fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Tdx(KbsRuntimeData.ToReportData(digest)));
        Assert.Contains("the handshake is for sgx, but the quote is of tdx", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_CertificatesThatTheGuestDidNotSend()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var result = await fixture.AttestAsync(
            "snp", workload, d => SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(d), withCertificates: false));
        Assert.True(result.Succeeded, result.Error?.Detail);
    }

    [Fact]
    public async Task Uses_TheGuestsCertificates_WhenItsSourceHasNone()
    {
        await using var fixture = new BrokerFixture(o => o with
        {
            Collateral = new EmptyCollateral(),
            Policy = o.Policy with { Evidence = o.Policy.Evidence with { AcceptUnknownRevocation = true } },
        });
        using var workload = TestWorkload.WithEcKey();
        var result = await fixture.AttestAsync("snp", workload);
        Assert.True(result.Succeeded, result.Error?.Detail);
    }

    [Fact]
    public async Task Never_TakesTheGuestsRevocationList()
    {
        await using var fixture = new BrokerFixture(o => o with { Collateral = new EmptyCollateral() });
        var error = await fixture.RefusedAsync("snp", digest => SimulatedHardware.Shared.Evidence("snp", digest));
        Assert.Contains("RevocationUnknown", error.Detail, StringComparison.Ordinal);
        Assert.Contains(Assert.Single(fixture.Recorded).Verdict!.Reasons, c => c.Id is CheckId.SnpCrl);
    }

    [Fact]
    public async Task Honours_NoTokenOfSimulatedHardware_OnceItsRootIsNoLongerNamed()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var token = (await fixture.AttestAsync("sgx", workload)).Value!.Token.Text;
        Assert.True((await fixture.Broker.GetResourceAsync(null, token, BrokerFixture.Secret)).Succeeded);
        using var stricter = new KeyBroker(new KeyBrokerOptions
        {
            Roots = TrustRoots.Production,
            Collateral = SimulatedHardware.Shared,
            Policy = BrokerFixture.Pinned,
            Resources = fixture.Store,
            Tokens = fixture.Tokens,
            Audit = fixture,
            Time = fixture.Clock,
        });
        Assert.Equal(BrokerErrorCode.PolicyDeny, (await stricter.GetResourceAsync(null, token, BrokerFixture.Secret)).Error!.Code);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Says_WhichCollateralIsMissing(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { Collateral = new EmptyCollateral() });
        var error = await fixture.RefusedAsync(tee, digest => tee == "snp"
            ? SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(digest), withCertificates: false)
            : SimulatedHardware.Shared.Evidence(tee, digest));
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, error.Code);
        Assert.Contains(tee == "snp" ? "certificates" : "FMSPC", error.Detail, StringComparison.Ordinal);
        Assert.Equal(DecisionOutcome.Undecided, Assert.Single(fixture.Recorded).Outcome);
    }

    [Fact]
    public async Task Gives_UpOnASlowSource()
    {
        var slow = new SlowCollateral();
        await using var fixture = new BrokerFixture(o => o with { Collateral = slow });
        var attesting = fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Evidence("sgx", digest));
        await slow.Asked.Task;
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        var error = await attesting;
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, error.Code);
        Assert.Contains("took too long", error.Detail, StringComparison.Ordinal);
        Assert.IsType<TimeoutException>(error.Cause);
    }

    [Fact]
    public async Task Hides_WhyASourceFailed_FromTheCaller()
    {
        await using var fixture = new BrokerFixture(o => o with { Collateral = new BrokenCollateral() });
        var error = await fixture.RefusedAsync("tdx", digest => SimulatedHardware.Shared.Evidence("tdx", digest));
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, error.Code);
        Assert.DoesNotContain("/secret/path", error.Detail, StringComparison.Ordinal);
        Assert.Contains("/secret/path", error.Cause!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_SampleEvidence_UnlessAskedFor()
    {
        await using var fixture = new BrokerFixture();
        var result = fixture.Broker.Challenge(TestWorkload.AuthRequest("sample"));
        Assert.Equal(BrokerErrorCode.UnsupportedTee, result.Error!.Code);
        Assert.Contains("AcceptSampleEvidence", result.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Marks_SampleEvidenceAsSimulated()
    {
        await using var fixture = new BrokerFixture(o => o with { AcceptSampleEvidence = true });
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sample", workload);
        Assert.True(attested.Succeeded, attested.Error?.Detail);
        var claims = Claims(attested.Value.Token.Text);
        Assert.True(claims.GetProperty("simulated").GetBoolean());
        var cpu = claims.GetProperty("submods").GetProperty("cpu0");
        Assert.Equal("contraindicated", cpu.GetProperty("ear.status").GetString());
        var sample = cpu.GetProperty("ear.veraison.annotated-evidence").GetProperty("sample");
        Assert.Equal("abcde", sample.GetProperty("launch_digest").GetString());
        Assert.Equal(4, sample.GetProperty("platform_version").GetProperty("minor").GetInt32());
        var jwe = await fixture.Broker.GetResourceAsync(attested.Value.SessionId, null, BrokerFixture.Secret);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe.Value));
        Assert.All(fixture.Recorded, d => Assert.True(d.Simulated));
    }

    [Fact]
    public async Task Accepts_OnlyTheTeesOfThePolicy()
    {
        await using var fixture = new BrokerFixture(o => o with { Policy = o.Policy with { AcceptedTees = ["tdx"] } });
        Assert.Contains(
            "does not accept evidence of 'snp'", fixture.Broker.Challenge(TestWorkload.AuthRequest("snp")).Error!.Detail,
            StringComparison.Ordinal);
        Assert.True(fixture.Broker.Challenge(TestWorkload.AuthRequest("tdx")).Succeeded);
        Assert.Equal(BrokerErrorCode.UnsupportedTee, fixture.Broker.Challenge(TestWorkload.AuthRequest("cca")).Error!.Code);
        Assert.Equal(BrokerErrorCode.MalformedRequest, fixture.Broker.Challenge(TestWorkload.AuthRequest("toaster")).Error!.Code);
    }
}
